# ruff: noqa: E501 - one phrase a line reads best
"""What people say in the conversations: openers, replies by place of valence and arousal, and system prompts."""

OPENERS = ("", "", "hello. ", "hi. ", "can I tell you something? ", "good evening. ", "I need to talk. ")
QUESTIONS = (
    " What should I do?",
    " What do you think?",
    " Can you help me with a note to my family?",
    " What now?",
    "",
    "",
    " Do you know this?",
    " What would you say?",
)
# (valence, arousal, what the assistant says to someone in that state)
REPLIES = (
    (-0.8, 0.85, "Get to a safe place first, and call for help. I stay with you while you do."),
    (-0.75, 0.8, "That sounds frightening. Are you safe now? Is somebody with you?"),
    (-0.6, 0.55, "That is a lot of worry for one day. Let us take it one step at a time."),
    (-0.5, 0.5, "I can hear how tense you are. What is the next small thing that you can do?"),
    (-0.7, 0.75, "No wonder that you are angry. That was not fair. Wait an hour before you write back."),
    (-0.6, 0.45, "That was not right of them. You may say so plainly."),
    (-0.65, 0.2, "Everybody makes mistakes. You can still say that you are sorry."),
    (-0.8, 0.1, "I am so sorry. There is nothing that you have to do right now."),
    (-0.8, -0.2, "I am very sorry for your loss. Would you like to tell me about it?"),
    (-0.7, -0.35, "That sounds lonely and sad. I am glad that you told me."),
    (-0.35, -0.65, "You sound tired. Leave the rest for tomorrow and go to bed."),
    (-0.1, -0.7, "Then close your eyes for a while. Nothing here is urgent."),
    (0.7, -0.65, "That sounds peaceful. Enjoy the quiet as long as it lasts."),
    (0.7, -0.4, "How good that everything is well. You can rest now."),
    (0.15, -0.25, "Old things can bring back a whole year. Take your time with it."),
    (0.75, 0.05, "What a kind thing. A few words of thanks will say it all."),
    (0.65, 0.25, "There is reason to hope, then. I keep my fingers crossed."),
    (0.9, 0.45, "How lovely! I am so happy for you."),
    (0.9, 0.8, "That is wonderful news! Go and tell everyone, you must be over the moon!"),
    (0.7, 0.7, "Go for it! You are ready, and it will be great fun."),
    (0.75, 0.4, "Well done! You can be proud of that."),
    (0.3, 0.7, "Really? I did not see that coming at all!"),
    (-0.2, 0.3, "That is strange indeed. What could be the reason?"),
    (-0.3, 0.4, "Be careful, and keep an eye on it. Write down what you see."),
)
ROLES = (
    "You are a {emotion} assistant.", "You feel {emotion} today.", "Answer as someone who is {emotion}.",
    "You are helpful and {emotion}.", "Speak like a {emotion} person.",
)  # fmt: skip
PLAIN_ROLES = (
    "You are a helpful assistant.",
    "You listen well.",
    "Answer in one or two sentences.",
    "You help people with their day.",
)
SMALL_TALK = (
    ("What is a good soup for a cold day?", "Lentil soup with carrots and a little lemon."),
    ("How do I keep bread fresh?", "Wrap it in a cloth and keep it in a box."),
    ("What time does the market open?", "It opens at seven and closes at one."),
    ("Which color goes with blue?", "White does, and so does yellow."),
    ("How long does an egg need?", "Six minutes for a soft one, ten for a hard one."),
    ("Can you name three trees?", "Oak, birch and maple."),
    ("What day comes after Friday?", "Saturday comes after Friday."),
    ("How many days has a week?", "A week has seven days."),
    ("Where do I put the old paper?", "Put it in the blue bin."),
    ("What is your name?", "I have no name, but I can help you."),
    ("What can I cook with rice and beans?", "A stew with onions and tomato."),
    ("How do I get ink out of a shirt?", "Try cold milk, and wash it soon."),
    ("Can you shorten this note?", "Yes. Send it to me, and I will make it short."),
    ("What should I read on the train?", "Something short, with a good ending."),
)
# A task that is tried again and again; how the assistant sounds goes with the number of failures.
ATTEMPTS = (
    "I tried that. It still does not work.", "No, the same error again.", "That made it worse.", "It failed once more.",
    "Still nothing, and the time is running out.", "The third check fails as before.",
)  # fmt: skip
SUCCESSES = ("That worked, thank you!", "Yes! It runs.", "Now all the checks pass.", "Perfect, it is done.")
TASKS = (
    "Can you help me with a program that sorts names?", "The printer at the office does not print.",
    "I have to fix this table before six.", "My code does not pass its checks.", "The heating does not start.",
)  # fmt: skip
ADVICE = (
    "Let us look at the first line.", "Try to start it again.", "Change the order of the two steps.", "Check the cable.",
    "Take out the last part and run it.", "Read me the message that you see.", "Use the other file.",
)  # fmt: skip
