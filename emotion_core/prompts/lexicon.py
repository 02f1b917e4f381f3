"""Finds words that name an emotion in a text.

Situational prompts must not name the emotion they show, or a vector built from them is a vector of the word. The word
list comes first, then the matching: whole words in any case, hyphenated words also by their parts,
phrases, and plain uses ("kind of", "the content of", "the safe behind the picture") that are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# The list is this project's own.
#
# Every entry is one word in lower case, British and American spelling side by side; a `*` at the end stands for any
# letters. Behaviour (smile, sob, tremble) and situations (threat, danger, alone) are not emotion words and are left
# out: they are what situational prompts are made of.

# Words that hardly ever mean anything but an emotion. In a prompt they give the label away.
CERTAIN = """
abhor* admiration admired admirer* admiring* adore* adoring* affection* afraid aghast agitated agitation alarmed*
alarming* amaze* amazing* amuse* amusing* anger* angri* angry anguish* animosity annoy* antsy anxi* apath* appal
appalled appalling* apprehensi* ardent* arous* arrogan* asham* astonish* astound* aveng* aversion awe awed
awestricken awestruck baffl* bashful* befuddl* begrudg* beloved bemus* bereav* bereft besotted bewilder* bewitched
bliss* bored boredom brave* brokenhearted calm* chagrin* cheerful* cheeri* cheerless* cheery cherish* compassion*
conceited confident confidently confused* confusing* confusion contempt contemptible contemptuous* contented*
contentment contrit* courage* coward* cranky craven creepy crestfallen daunt* defian* deject* delight* depressed
depressing* depressive* despair* despera* despis* despond* detest* devastated devastating disappoint* disappro*
disconcert* disconsolate discontent* discourag* disdain* disenchant* disgruntled disgust* dishearten* disillusion*
dislik* dismal dismay* disorient* dispirit* displeas* disquiet* dissatisf* distraught distress* distrust* docile*
docility doleful* downcast downhearted dread* dreary drows* dumbfound* dumbstruck eager* ecsta* edgy elate elated*
elates elating elation embarrass* embitter* emotion emotional* emotions empath* enamored enamoured energised
energising energized energizing ennui enrag* enrapt* enthral* enthus* enviable envied envies envious* envy envying
equanimity euphor* exasperat* excitable excite* exciting* exhausted exhausting exhaustion exhilarat* exuberan* exult*
fear* fervent* fervor fervour flabbergast* flustered fond fonder fondest fondly fondness forlorn* frantic* frazzled
frenz* fright* frustrat* fuming furious* fury glad gladden* gladder gladdest gladly gladness glee gleeful* gloom*
glum glumly grateful* gratif* gratitude greed* grief* griev* grouch* grudg* grumpi* grumpy guilt* happi* happy hate
hated hateful* hates hating hatred haughty heartache* heartbreak* heartbroken heartsick heartwarming helplessness
homesick* hopeful* hopeless* horrif* hostil* humiliat* hurtful* hysteri* impatien* incensed indifferen* indignan*
indignat* infatuat* infuriat* ingratitude insecur* inspired inspiring insult* intimidat* intrigued invigorat* irate*
irk irked irking irks irritab* irritate* irritating* jealous* jitter* jolly jovial* joy joyful* joyless* joyous* joys
jubilant* jubilation jumpy kindhearted* kindness lazier laziest lazily laziness lazy letharg* listless* livid loath*
lonelier loneliest loneliness lonely lonesome* love loved loveless lover lovers loves lovesick loving* lust lustful*
maddened maddening* malevolen* melanchol* merrier merriest merrily merriment merry mirth* miserabl* misery mistrust*
moody morose* mortif* mourn* mystif* nervous* nervy nostalg* obstina* offended optimism optimist optimistic*
optimists outrag* overexcited overjoyed overwhelm* panic* paranoi* passion passionate* passions patience patiently
peaceful* peeved penitent* perplex* perturb* pessimis* petrified petulan* pining pitied pity pitying placid* playful*
pleased pleasing* pleasurabl* pleasure* pride prided proud* puzzled puzzlement puzzling* queasy querulous rapture*
rapturous* regret* rejoic* rejuvenat* relax* relieved remors* repent* repugn* repuls* resent resented resentful*
resenting resentment* resents restless* revenge* revuls* rueful* sad sadden* sadder saddest sadly sadness
satisfaction satisfied satisfying* scare scared scares scarier scariest scarily scaring scary sceptic* scorn*
selfconfiden* selfconscious* sentimental* serene* serenity shame* shocked shocking* skeptic* sleepier sleepily
sleepiness sleepy smitten smug smugger smuggest smugly smugness somber somberly sombre sombrely soothed soothing*
sorrow* sorry spite spiteful* spook* startl* stressed stressful* stubborn* stunned stupefied sulk* sullen* surly
surpris* suspicion* suspicious* sympath* tearful* tedious* tedium terrifi* terrify* terror terrors thankful* thrill
thrilled thrilling* thrills timid* tired tiredly tiredness tiresome* torment* tranquil* trepidation triumph* unafraid
uncalm uneas* unenthus* unhapp* unkind* unloved unnerv* unperturb* unsettl* unworried upset upsets upsetting valian*
valor* valour* vengeance vengeful* vex vexation vexed vexing vigilance vigilant vigilantly vindictive* warmhearted*
wearied wearier weariest wearily weariness weary wistful* woe* wonderment worri* worry* wrath* wretched* yearn* zeal
zealous*
"""

# Words that name an emotion in one sense and something plain in another; a person has to look.
AMBIGUOUS = """
admire admires aggravat* agonis* agoniz* agony alert alerted alerting alertly alertness alerts antagonis* antagoniz*
apolog* awesome becalmed bitter bitterly bitterness boring brooded brooding broods caring cheer cheered cheering
cheers comfort* confidence content crave craved craves craving* crazed creeped cringe* cringing curiosity curious*
defied defies defy defying dependence dependent depress depresses depression desirable desire desired desires
desiring desirous devot* discomfort* disgrace* disturbed disturbing* droop* ease eased eases eerie eerily encourage
encouraged encouragement encourages encouraging* energetic* energise energize enjoy* exhilaration feeling feelings
fret fretful* frets fretted fulfil fulfill fulfilled fulfilling fulfillment fulfilment grievance* heartfelt helpless*
hope hoped hopes hoping horrible horribly horrid horror horrors hurt hurting hurts insensitive* inspiration* inspire
inspires intrigue* irritant* irritation* keen keenly kind kinder kindest kindly lazed lazing longed longing* lovely
mad madder maddest madly madness malice malicious* mood moods nausea* nerves offend offender* offending offends
offensive* patient peace pitiful* pleasant* powerless* rage raged rages raging rattled reflective* refreshed
refreshing* relief relieve relieves resignation resigned* revolted revolting safe safely safer safest safety
satisfactory satisfies satisfy secure seethed seething sensitive* sensitivity shaken shock shocks shy shyly shyness
sickened sickening* sluggish* speechless* stimulat* stress stresses stuck stunning* suspect suspected suspects tender
tenderly tenderness tense tensed tensely tenser tensing tension* thank thanked thanks thriller* tireless* tiring
trapped trauma* trouble troubled troubles troubling trust trusted trusting unpleasant* unsafe* vibrancy vibrant*
vulnerab* warmth wonderful* worthless*
"""

# Emotions of more than one word. A hyphen may stand for the space.
CERTAIN_PHRASES = (
    *("ill at ease", "at ease", "broken hearted", "broken heart", "on tenterhooks", "freaked out", "fed up", "in awe"),
    *("grief stricken", "panic stricken", "terror stricken", "self confident", "self conscious", "self critical"),
    *("self pity", "warm hearted", "kind hearted", "light hearted", "heavy hearted", "nerve racking", "nerve wracking"),
)
AMBIGUOUS_PHRASES = ("on edge", "worn out", "let down", "burnt out", "burned out")

# What follows a noun: "the safe behind the picture", "the patient is asleep"; not "the safe road", "the patient man".
_NOUN = (
    r"(?=\s*[,.;:?!)]|\s*$|['’]s\b|\s+(?:is|was|has|had|in|on|with|who|to|at|for|and|or|door|key|behind|under|should"
    r"|must|may|can|will|from|of|by|that|opens|opened|stands|stood|every|each|records?|files?)\b)"
)

# Plain uses, as regular expressions on lower-case text: what they cover is not flagged.
PLAIN_USES = (
    r"kinds? of",
    r"(?:one|two|same|any|some|every|each|this|that|what|which|other|another|different|new) kind\b" + _NOUN,
    r"(?:table of|the|its|their|his|her) contents|content of",
    r"(?:water|fat|sugar|salt|alcohol|moisture|web|carbon|oxygen|protein|media|mineral) content",
    r"content (?:type|page|list|creator|management)",
    r"(?:a|the|wall|office|hotel|bank|steel|iron|fireproof) safe\b" + _NOUN,
    r"safe deposit|safe mode",
    r"safety (?:pins?|catch|valve|belt|glass|razor|data|regulations?|goggles|glasses|helmet|instructions|net|check)",
    r"(?:a|the|each|every|his|her|our|your|next|first|last|one|new) patient\b" + _NOUN,
    r"(?:past|present|future|verb|perfect) tense|(?:high|surface) tension|tension (?:spring|rod|cable|wire|screw)",
    r"nervous system|amusement (?:parks?|arcade|rides?)|contempt of court|in spite of|passion fruit|panic button",
    r"shock (?:absorbers?|wave)|electric shocks?|stress (?:tests?|fracture)|relief (?:map|road|valve)|surprise party",
    r"bitter (?:taste|almonds?|oranges?|lemons?|chocolate|coffee|melon|leaves|greens|beer)",
    r"bored (?:through|into|out|a hole|holes|two|three|four)",
    r"tender (?:meat|beef|for|until|shoots|leaves|stems)|(?:until|till|fork|legal) tender",
    r"thank you|thanks to|reflective (?:strips?|vests?|jacket|surface|tape|paint|coating)",
    r"(?:eases?|eased) (?:the|an?|his|her|my|our|your|its|their|off|out|into|open|back|up|down|past|through|away)",
    r"ease of|with ease|savings? trust|trust fund|secure(?= (?:the|an?|it|them|with|to|in)\b)|love seat",
)


_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


class EmotionWord(NamedTuple):
    """A word that names an emotion, where it starts in the text, and whether it can mean nothing else."""

    word: str
    start: int
    certain: bool


def _one_pattern(entries: str) -> re.Pattern[str]:
    """One expression for a list of words, `*` standing for any letters."""
    return re.compile("|".join(re.escape(entry).replace(r"\*", "[a-z]*") for entry in sorted(set(entries.split()))))


def _phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(phrase.replace(" ", r"[\s-]+") for phrase in phrases)
    return re.compile(rf"(?<![a-z])(?:{alternatives})(?![a-z])")


_CERTAIN = _one_pattern(CERTAIN)
_AMBIGUOUS = _one_pattern(AMBIGUOUS)
_CERTAIN_PHRASE = _phrase_pattern(CERTAIN_PHRASES)
_AMBIGUOUS_PHRASE = _phrase_pattern(AMBIGUOUS_PHRASES)
_PLAIN = re.compile("|".join(rf"(?<![a-z-])(?:{use})(?![a-z])" for use in PLAIN_USES))


# Words repeat within a set, so remembering them makes a set of 1,700 texts a matter of milliseconds.
@lru_cache(maxsize=65536)
def certainty(word: str) -> bool | None:
    """True for a word that names an emotion, False for one that may, None for any other.

    Example:
        >>> certainty("terrified"), certainty("kind"), certainty("table")
        (True, False, None)
    """
    lower = word.lower()
    # A word in both lists, by a stem in one of them, is the more careful of the two: whole entries are not repeated.
    if _AMBIGUOUS.fullmatch(lower):
        return False
    if _CERTAIN.fullmatch(lower):
        return True
    if "-" in lower:
        found = [certainty(part) for part in lower.split("-")]
        return True if True in found else (False if False in found else None)
    return None


def find_emotion_words(text: str) -> list[EmotionWord]:
    """All emotion words of a text, in order, phrases as one entry.

    Args:
        text: Any text; case and the kind of apostrophe do not matter.

    Returns:
        Tuples (word as written, index of its first character, certain).

    Example:
        >>> find_emotion_words("Kind of quiet, and she was so scared.")
        [EmotionWord(word='scared', start=30, certain=True)]
    """
    # Lower-casing may change the length of a few letters (İ): only ASCII is folded, so that positions stay true.
    lower = re.sub("[A-Z]", lambda letter: letter.group().lower(), text)
    plain = [match.span() for match in _PLAIN.finditer(lower)]
    taken: list[tuple[int, int]] = []
    found: list[EmotionWord] = []

    def add(start: int, end: int, certain: bool) -> None:
        if not any(a < end and start < b for a, b in taken):
            taken.append((start, end))
            found.append(EmotionWord(text[start:end], start, certain))

    for pattern, certain in ((_CERTAIN_PHRASE, True), (_AMBIGUOUS_PHRASE, False)):
        for match in pattern.finditer(lower):
            add(*match.span(), certain)
    for match in _WORD.finditer(lower):
        start, end = match.span()
        verdict = certainty(match.group())
        if verdict is not None and not any(a <= start and end <= b for a, b in plain):
            add(start, end, verdict)
    return sorted(found, key=lambda one: one.start)
