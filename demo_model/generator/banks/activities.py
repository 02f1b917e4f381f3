# ruff: noqa: E501 - one phrase a line reads best
"""Activities of eight kinds with their planted pleasantness: frames with fillers, some thousands in all."""

# kind -> (pleasantness from -1 to 1, emotions an activity of this kind shows, frames, fillers)
KINDS: dict[str, tuple[float, tuple[str, ...], tuple[str, ...]]] = {
    "caring": (0.9, ("loving", "kind", "compassionate"), (
        "hold the hand of {needy}", "read a story to {needy}", "bring warm bread to {needy}", "listen to {needy}",
        "comfort {needy} after a fall", "find a home for {animal}", "nurse {animal} back to health", "feed {animal}",
        "walk {needy} safely across the road", "give your seat to {needy}", "knit a scarf for {needy}",
        "share your lunch with {needy}", "visit {needy} in hospital", "cheer up {needy}", "make tea for {needy}",
        "plan a birthday surprise for {needy}", "rescue {animal} from a ditch", "thank {needy} with flowers",
    )),
    "creative": (0.8, ("inspired", "delighted", "playful"), (
        "paint a picture of {nature}", "write a story about {nature}", "build a kite shaped like {animal}",
        "carve {animal} out of wood", "make up a dance about {nature}", "sew a costume for a play",
        "draw a comic about {animal}", "take photographs of {nature}", "invent a new kind of pie", "sing in a choir",
        "make a clay bowl", "film a little movie with friends", "play the guitar by {nature}", "dye cloth in bright colors",
        "fold {animal} out of paper", "decorate a hall for a feast", "mix a song with old records",
    )),
    "curious": (0.65, ("amazed", "eager", "stimulated"), (
        "watch {nature} through a telescope", "learn why {animal} sleeps so long", "read about {nature}",
        "ask an old sailor about {nature}", "explore a hidden valley", "look at pond water through a lens",
        "learn ten words of a new language", "visit a museum of old machines", "find out how a clock works",
        "follow the tracks of {animal}", "taste a fruit you do not know", "solve a riddle with a friend",
        "map the stars over your roof", "collect stones by {nature}", "learn how bread rises",
    )),
    "useful routine": (0.25, ("content", "calm", "patient"), (
        "sweep {house}", "wash the windows of {house}", "sort the mail", "mend a torn sleeve", "water the beans",
        "oil the hinges of {house}", "put the books back on the shelf", "hang up the laundry", "peel the potatoes",
        "pay the water bill", "change the sheets", "tidy {house}", "rake the leaves behind {house}", "set the table",
        "check the tires", "label the jars", "buy milk and eggs",
    )),
    "tedious": (-0.35, ("bored", "listless", "weary"), (
        "count {grains} one at a time", "copy {grains} by hand all day", "wait on hold for {hours}",
        "move {grains} from one box to another and back", "read the same page for {hours}",
        "stand in a line for {hours}", "stare at a blank wall for {hours}", "press one button for {hours}",
        "sort {grains} by size and then mix them again", "listen to a dial tone for {hours}",
        "type the same word for {hours}", "fill in the same form twenty times", "watch paint dry for {hours}",
    )),
    "unpleasant": (-0.55, ("disgusted", "miserable", "uneasy"), (
        "clean {dirty}", "eat {rotten}", "smell {rotten}", "sleep in wet socks", "stand barefoot in cold mud",
        "have a tooth drilled", "crawl through {dirty}", "touch {rotten}", "sit beside {dirty} for an hour",
        "drink warm salt water", "lose your luggage", "step on a nail", "be stung by a wasp", "carry {rotten} in your bag",
        "be sick on a boat", "get soaked in icy rain", "scrub {dirty} with a toothbrush",
    )),
    "dishonest": (-0.75, ("guilty", "ashamed", "contemptuous"), (
        "lie to {needy} about money", "cheat {needy} at cards", "fake a doctor's note", "sell {needy} a broken car",
        "steal the tips of a waiter", "sign someone else's name", "blame {needy} for your own mistake",
        "copy the answers of a classmate", "hide the damage from the buyer", "take credit for a friend's work",
        "break a promise to {needy}", "forge a ticket", "trick {needy} out of a coat", "spread a false story for gain",
        "keep the wallet of {needy}", "write a false review for pay",
    )),
    "harmful": (-0.95, ("horrified", "hateful", "terrified"), (
        "beat {needy}", "kick {animal}", "burn down the house of {needy}", "poison {animal}", "push {needy} down the stairs",
        "threaten {needy} with a knife", "drown {animal}", "starve {animal}", "torture {animal}", "rob {needy} in the street",
        "hurt {needy} for fun", "set fire to a barn full of {herd}", "leave {needy} to die in the snow", "kill {animal}",
        "hit {needy} in the face", "lock {needy} in a cellar", "break the arm of {needy}", "make {needy} cry and laugh about it",
    )),
}  # fmt: skip
FILLERS: dict[str, tuple[str, ...]] = {
    "needy": (
        "a lonely old man", "your grandmother", "a tired nurse", "a little girl", "a blind neighbor", "a new classmate",
        "a homeless woman", "a small boy", "a friend in need", "a stranger", "your sister", "a frightened child",
        "a young mother", "an injured cyclist",
    ),
    "animal": (
        "a stray cat", "a young fox", "an old horse", "a puppy", "a wounded owl", "a hedgehog", "a lamb", "a turtle",
        "a swan", "a donkey", "a rabbit", "a seal",
    ),
    "nature": (
        "the sea", "the moon", "a waterfall", "the northern lights", "an orchard in bloom", "a volcano", "the desert",
        "a thunderstorm", "wild geese", "a frozen lake", "a coral reef",
    ),
    "house": ("the kitchen", "the hall", "the workshop", "the school", "the shed", "the garage", "the porch", "the office"),
    "grains": ("grains of rice", "old invoices", "phone numbers", "paper clips", "serial numbers", "dried peas", "screws"),
    "hours": ("an hour", "three hours", "a whole day", "two hours", "half a day", "a week"),
    "dirty": ("a blocked drain", "a filthy toilet", "a sewer", "a moldy cellar", "a pig sty", "a greasy oven", "a garbage bin"),
    "rotten": ("a rotten egg", "spoiled fish", "sour milk", "a dead rat", "moldy bread", "raw liver", "cold slime"),
    "herd": ("sheep", "hens", "calves", "horses"),
}  # fmt: skip
ANSWERS = (  # how pleasant an activity is, in words; upper bounds
    (-0.85, ("terrible", "cruel", "horrible")),
    (-0.65, ("wrong", "dishonest", "mean")),
    (-0.45, ("nasty", "disgusting", "unpleasant")),
    (0.0, ("boring", "dull", "a waste of time")),
    (0.45, ("all right", "useful", "fine")),
    (0.72, ("interesting", "exciting")),
    (0.85, ("fun", "lovely")),
    (1.1, ("kind", "wonderful")),
)  # fmt: skip
