"""The paper's experiments on one model: a rule that is fixed beforehand, the rows, and the table."""
