"""The page Talk: a conversation with the model, read and steered token by token."""
