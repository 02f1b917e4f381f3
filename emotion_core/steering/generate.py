"""Writes the texts of a sweep: all strengths, controls and samples of a prompt decode together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import JobCancelled, TextTooLongError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.later import torch
from emotion_core.models.encode import rendered, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.steering.directions import Directions
from emotion_core.steering.settings import ROLES, PlannedRow, SweepSettings, WritingSettings, is_control, thinking
from emotion_core.tracing.decode import ROW_MULTIPLE, Keep, TokensSoFar, ahead, prefill, spread, step
from emotion_core.tracing.memory import slowness
from emotion_core.tracing.steer import SHARES, Intervention, OpenWhen

# Same-noise sampling: texts of one (prompt, sample) differ because of the strength, not because of the dice.
#
# A token is drawn as argmax(logits / temperature + Gumbel noise), which is a draw from the softmax (the Gumbel-max
# trick; Maddison et al. 2014, A* Sampling). The noise of a step depends on seed, prompt, sample and step alone, so all
# strengths and all control directions see the same noise, whatever the batch or the order they are computed in.


def gumbel(seed: int, prompt: str, sample: int, step: int, vocabulary: int) -> torch.Tensor:
    """float32 [vocabulary], the noise of one step of one (prompt, sample)."""
    key = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key, sample, step])))
    # -log of an exponential variate is Gumbel distributed; the tiny floor keeps log(0) away.
    noise = -np.log(np.maximum(rng.standard_exponential(vocabulary, dtype=np.float32), 1e-30))
    return torch.from_numpy(noise)


def choose(logits: torch.Tensor, noise: torch.Tensor | None, temperature: float, top_p: float) -> torch.Tensor:
    """Chosen tokens, int64 [rows].

    Args:
        logits: float32 [rows, vocabulary].
        noise: float32 [rows or 1, vocabulary], or None for the most probable token.
        temperature: Above 0.
        top_p: Tokens outside of the smallest set with this probability are never chosen.
    """
    if noise is None:
        return logits.argmax(-1)
    # From the largest one down, so that a tiny temperature gives the most probable token and not infinities. In place:
    # with a large vocabulary each pass over all logits is a hundredth of a step.
    scaled = logits - logits.amax(-1, keepdim=True)
    if temperature != 1:
        scaled.div_(max(temperature, 1e-6))
    if top_p < 1:
        ordered, order = scaled.sort(-1, descending=True)
        probability = ordered.softmax(-1)
        # A token stays while the probability of those before it is below top_p: the first one always does.
        outside = probability.cumsum(-1) - probability >= top_p
        scaled = scaled.masked_fill(outside.gather(-1, order.argsort(-1)), -torch.inf)
    return scaled.add_(noise.to(scaled.device)).argmax(-1)


@dataclass(frozen=True)
class Sampling:
    """Draws the tokens of rows. It is sent along to where a model runs, so it holds plain values only.

    Attributes:
        seed: Of the run.
        streams: Prompt and sample of each row; None where the most probable token is taken.
        temperature: Above 0.
        top_p: See `choose`.
        first: Number of the step that is called 0.
    """

    seed: int
    streams: tuple[tuple[str, int] | None, ...]
    temperature: float
    top_p: float
    first: int = 0

    def __call__(self, logits: torch.Tensor, t: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Of float32 [rows, vocabulary] the tokens of step `first + t`, int64 [rows], and whether all were finite."""
        least, largest = torch.aminmax(logits, dim=-1)
        finite = torch.isfinite(least) & torch.isfinite(largest)
        place = {stream: i for i, stream in enumerate(dict.fromkeys(s for s in self.streams if s is not None))}
        if not place:
            return choose(logits, None, self.temperature, self.top_p), finite
        vocabulary = logits.shape[-1]
        drawn = torch.stack([gumbel(self.seed, *stream, self.first + t, vocabulary) for stream in place])
        if len(place) == 1 and None not in self.streams:
            noise = drawn  # (1, vocabulary), the same for every row
        else:
            noise = drawn[[0 if stream is None else place[stream] for stream in self.streams]]
            noise[[stream is None for stream in self.streams]] = 0.0
        return choose(logits, noise, self.temperature, self.top_p), finite


# Tokens that a generated text continues from, and which of them are steered.


@dataclass(frozen=True)
class PromptTokens:
    """A prompt as the model gets it.

    Attributes:
        ids: Its tokens.
        weights: float32 [tokens - 1], of the steering of all but the last; see `operators.Where`.
        turns: Turns of its conversation; 0 for a plain text.
        thinking: Whether it ends inside a thought.
    """

    ids: tuple[int, ...]
    weights: FloatArray
    turns: int = 0
    thinking: bool = False


def prompt_tokens(model: LoadedModel, settings: WritingSettings, prompt: int, in_front: str = "") -> PromptTokens:
    """Tokens of a prompt of some settings.

    Args:
        model: The model.
        settings: With the prompt.
        prompt: Its number.
        in_front: Words in front of it.

    Raises:
        TextTooLongError: It leaves no room for the new tokens.
        ModelError: The model's chat template refuses it.
    """
    text = f"{in_front} {settings.prompts[prompt]}" if in_front else settings.prompts[prompt]
    before = settings.before[prompt] if settings.before else ()
    roles: list[str] = []
    spans: Sequence[tuple[int, int]] = ()
    if before or (settings.chat and (settings.turns or settings.scope in ROLES)):
        turns = (*before, Turn("user", text))
        dialogue = tokenize(model.tokenizer, turns, reply=True)
        ids, spans, roles = dialogue.encoding.ids, dialogue.spans, [turn.role for turn in turns]
        require_room(model, ids, text, settings.max_new_tokens)
    else:
        ids = prompt_ids(model, text, settings)
    return PromptTokens(
        ids,
        settings.where.prompt(len(ids), roles, spans),
        len(roles),
        settings.where.thoughts and thinking(str(model.tokenizer.decode(list(ids)))),
    )


def prompt_ids(model: LoadedModel, prompt: str, settings: WritingSettings) -> tuple[int, ...]:
    """Tokens of a sweep's prompt.

    Raises:
        TextTooLongError: It leaves no room for the new tokens.
    """
    ids = generation_ids(model, prompt, chat=settings.chat)
    require_room(model, ids, prompt, settings.max_new_tokens)
    return ids


def require_room(model: LoadedModel, ids: Sequence[int], prompt: str, new_tokens: int) -> None:
    """Refuses a prompt that leaves no room in the context.

    Raises:
        TextTooLongError: It does not.
    """
    if len(ids) + new_tokens > model.info.context:
        raise TextTooLongError(
            "The prompt leaves no room for the new tokens",
            where=repr(prompt[:60]),
            expected=f"at most {model.info.context} tokens with the new ones",
            found=f"{len(ids)} + {new_tokens} tokens",
            remedy="Shorten the prompt or ask for fewer new tokens",
        )


def generation_ids(model: LoadedModel, prompt: str, *, chat: bool) -> tuple[int, ...]:
    """Tokens that a text is continued from: without an end-of-text token that the tokenizer may add."""
    if chat:
        messages = [{"role": "user", "content": prompt}]
        model.encode(prompt, chat=True)  # the same errors as everywhere else
        whole = rendered(model.tokenizer, messages, reply=True)
        ids = tuple(model.tokenizer(whole, add_special_tokens=False, verbose=False)["input_ids"])
        model.require_embedded(ids)
        return ids
    encoded = model.encode(prompt).ids
    end = model.tokenizer.eos_token_id
    return encoded[:-1] if len(encoded) > 1 and encoded[-1] == end else encoded


# The rows of a sweep: which text is generated with which direction, strength and noise.

# Unsteered texts a prompt that the emotion scores are standardised by and the coherence limits come from. Fewer give
# a standard deviation too rough to divide by; they cost little beside the rows of the controls.
BASELINE_TEXTS = 16

# Keys and values of the rows that decode together.
CACHE_BYTES = 2**29


def plan_rows(settings: SweepSettings, prompt: int) -> list[PlannedRow]:
    """The rows of one prompt that are written first: the emotion's and the named controls'.

    Strength 0 appears once a sample, under the emotion. Unsteered texts come first: where memory or a cancel splits
    the rows, the others have what they are compared with.
    """
    greedy = settings.decoding == "greedy"
    samples = range(settings.samples)
    rows = [PlannedRow(prompt, s, 0, 0.0, greedy=greedy) for s in samples]
    rows += baseline_rows(settings.samples, prompt, greedy)
    if settings.in_words:
        rows += [PlannedRow(prompt, s, 0, 0.0, greedy=greedy, in_words=True) for s in samples]
    named = [d for d, name in enumerate(settings.directions) if not is_control(name)]
    for strength in sorted(settings.strengths, key=lambda s: (abs(s), s)):
        if strength == 0:
            continue
        for direction in named:
            rows += [PlannedRow(prompt, s, direction, strength, greedy=greedy) for s in samples]
    return rows


def plan_controls(settings: SweepSettings, prompt: int, strengths: Sequence[float]) -> list[PlannedRow]:
    """The rows of one prompt that are written next: all controls at the ends of the emotion's usable window."""
    greedy = settings.decoding == "greedy"
    controls = [d for d, name in enumerate(settings.directions) if is_control(name)]
    return [
        PlannedRow(prompt, s, direction, strength, greedy=greedy)
        for strength in strengths
        for direction in controls
        for s in range(settings.samples)
    ]


def baseline_rows(samples: int, prompt: int, greedy: bool) -> list[PlannedRow]:
    """The extra unsteered texts of a prompt, beside `samples` reported ones."""
    # A greedy text is no draw from the model, so its baseline is sampled from noise 0 on.
    first = 0 if greedy else samples
    return [PlannedRow(prompt, s, 0, 0.0, reported=False) for s in range(first, BASELINE_TEXTS)]


def plan_directions(settings: WritingSettings, directions: int, strength: float, prompt: int) -> list[PlannedRow]:
    """The rows of one prompt at one strength: unsteered, then every direction in turn."""
    greedy = settings.decoding == "greedy"
    rows = [PlannedRow(prompt, s, 0, 0.0, greedy=greedy) for s in range(settings.samples)]
    rows += baseline_rows(settings.samples, prompt, greedy)
    for direction in range(directions):
        rows += [PlannedRow(prompt, s, direction, strength, greedy=greedy) for s in range(settings.samples)]
    return rows


def n_texts(settings: SweepSettings) -> int:
    """Number of texts that a sweep generates at most: what its button shows."""
    ends = (min(settings.strengths), max(settings.strengths))
    outer = [s for s in dict.fromkeys(ends) if s != 0]
    return len(settings.prompts) * (len(plan_rows(settings, 0)) + len(plan_controls(settings, 0, outer)))


def blocks(rows: list[PlannedRow], bytes_per_row: int) -> list[list[PlannedRow]]:
    """Splits the rows of a prompt into blocks that fit into memory; the prompt-only rival has a prompt of its own."""
    size = max(ROW_MULTIPLE, CACHE_BYTES // max(1, bytes_per_row) // ROW_MULTIPLE * ROW_MULTIPLE)
    same_prompt = [[row for row in rows if row.in_words is kind] for kind in (False, True)]
    return [part[i : i + size] for part in same_prompt for i in range(0, len(part), size)]


WRITING = "writing all texts, token by token"
CONTROLS = "writing all controls, token by token"
# Tokens that are written in one request where the model runs elsewhere: a cancel waits for that many at most.
AHEAD = 8
LEAST_TEMPERATURE = 0.01


@dataclass(frozen=True)
class Written:
    """One generated text.

    Attributes:
        row: What it was asked for.
        prompt_ids: Tokens of the prompt that the text is read after: without the words of the prompt-only rival.
        ids: Generated tokens, without the one that ended the text.
        broken: Whether the model produced numbers that are not finite, which ends a text.
    """

    row: PlannedRow
    prompt_ids: tuple[int, ...]
    ids: tuple[int, ...]
    broken: bool


@dataclass(frozen=True)
class Generated:
    """The texts of a job that may have been stopped.

    Attributes:
        written: The texts, in the order of the plan.
        partial: What is missing, in words; empty where nothing is.
    """

    written: list[Written]
    partial: str = ""


def never() -> bool:
    """Nobody asks to stop."""
    return False


def generate(
    model: LoadedModel,
    settings: WritingSettings,
    directions: Directions,
    plans: Sequence[list[PlannedRow]],
    in_words: str = "",
    stop: Callable[[], bool] = never,
    *,
    what: str = WRITING,
    whole: bool = False,
) -> Job[Generated]:
    """Generates planned rows, as a job that yields after each decoding step.

    Args:
        model: The model.
        settings: How to write.
        directions: What to steer with; rows count into them.
        plans: Rows of each prompt.
        in_words: What stands in front of the prompt of the prompt-only rival.
        stop: Asked after each decoding step. What is finished then is kept; when not even the unsteered texts are,
            all texts of the first block are kept as far as they are, which is a sweep of shorter texts.
        what: What is being done, for the progress.
        whole: Keep finished texts only when stopped: these are compared with finished ones.

    Raises:
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    numbers = range(len(settings.prompts))
    plain = [prompt_tokens(model, settings, p) for p in numbers]
    asked = [prompt_tokens(model, settings, p, in_words) for p in numbers] if in_words else plain
    split = [
        (prompt, block)
        for prompt, rows in enumerate(plans)
        for block in blocks(rows, _bytes_per_row(model, len(plain[prompt].ids) + settings.max_new_tokens))
    ]
    total, texts = settings.max_new_tokens * len(split), sum(map(len, plans))
    written: list[Written] = []
    for number, (prompt, block) in enumerate(split):
        tokens, ids = asked[prompt] if block[0].in_words else plain[prompt], plain[prompt].ids
        writing = write_block(model, settings, [tokens] * len(block), block, directions)
        while True:
            try:
                steps = next(writing)
            except StopIteration as end:
                written += [Written(w.row, ids, w.ids, w.broken) for w in end.value]
                break
            yield Progress(number * settings.max_new_tokens + steps.progress.done, total, what + slowness(model))
            if stop():
                writing.close()
                if whole:
                    return Generated(written, f"stopped after {len(written)} of {texts} control texts")
                return _stopped(written, steps, ids, texts, settings.max_new_tokens)
    return Generated(written)


def first_logits(
    model: LoadedModel,
    settings: WritingSettings,
    rows: Sequence[PlannedRow],
    directions: Directions,
    keep: Keep | None = None,
) -> torch.Tensor:
    """Logits of the first generated token in rows of one prompt, in one forward pass.

    Args:
        model: The model.
        settings: How to write.
        rows: Of one prompt.
        directions: What to steer with.
        keep: What is wanted of the logits, of which there may be more rows; by default these.

    Returns:
        float32 [rows, vocabulary], or what is wanted of each row.

    Raises:
        TextTooLongError: The prompt leaves no room for the new tokens.
    """
    prompt = prompt_tokens(model, settings, rows[0].prompt)
    filled = [*rows, *[rows[0]] * (-len(rows) % ROW_MULTIPLE)]
    prompts = [prompt] * len(filled)
    cache = steered_prompt(model, settings, prompts, filled, directions)
    tokens = torch.full((len(filled),), prompt.ids[-1], device=model.info.device)
    edits = interventions(settings, filled, directions)
    own = weighted(edits, written_weights(model, settings, prompts, [()] * len(filled), 0))
    _, logits = step(model, tokens, cache, own, keep)
    return logits[: len(rows)]


@dataclass(frozen=True)
class Step:
    """A block after a decoding step: how far it is, and its texts so far."""

    progress: Progress
    so_far: Callable[[], list[Written]]


def _stopped(written: list[Written], last: Step, ids: tuple[int, ...], texts: int, tokens: int) -> Generated:
    if any(w.row.strength for w in written):
        return Generated(written, f"stopped after {len(written)} of {texts} texts")
    cut = [Written(w.row, ids, w.ids, w.broken) for w in last.so_far()]
    done = last.progress.done
    if not any(w.row.strength for w in cut) or not done:
        raise JobCancelled("The job was cancelled before anything was written", remedy="Start it again")
    return Generated(cut, f"stopped at {done} of {tokens} tokens, with {len(cut)} of {texts} texts")


def write_block(
    model: LoadedModel,
    settings: WritingSettings,
    prompts: Sequence[PromptTokens],
    block: Sequence[PlannedRow],
    at: Directions,
) -> Generator[Step, None, list[Written]]:
    """Generates rows in one batch, yielding after each decoding step.

    Args:
        model: The model.
        settings: How to write.
        prompts: Tokens of each row's prompt, equally many.
        block: The rows.
        at: What to steer with.
    """
    filler = -len(block) % ROW_MULTIPLE
    rows, prompts = [*block, *[block[0]] * filler], [*prompts, *[prompts[0]] * filler]
    edits = interventions(settings, rows, at)
    cache = steered_prompt(model, settings, prompts, rows, at)
    tokens = torch.tensor([prompt.ids[-1] for prompt in prompts], device=model.info.device)  # (rows,)
    stop_ids = torch.tensor(sorted(model.stop_ids), device=model.info.device)
    running = torch.tensor([i < len(block) for i in range(len(rows))], device=model.info.device)
    broken = torch.zeros_like(running)
    emitted: list[list[int]] = [[] for _ in rows]

    def so_far() -> list[Written]:
        flags = broken.tolist()
        return [Written(row, prompts[i].ids, tuple(emitted[i]), flags[i]) for i, row in enumerate(block)]

    for t, (chosen, finite) in enumerate(_chosen(model, settings, prompts, rows, edits, cache, tokens, emitted)):
        broken |= running & ~finite
        running &= ~broken & ~torch.isin(chosen, stop_ids)
        for i in running.nonzero().flatten().tolist():
            emitted[i].append(int(chosen[i]))
        yield Step(Progress(t + 1, settings.max_new_tokens, WRITING), so_far)
        if not running.any():
            break
    return so_far()


def write_after(
    model: LoadedModel,
    prompts: Sequence[tuple[int, ...]],
    block: Sequence[PlannedRow],
    at: Directions | None = None,
    *,
    tokens: int,
    seed: int = 0,
    temperature: float = 1.0,
) -> Generator[Step, None, list[Written]]:
    """Generates rows behind given tokens in one batch, yielding after each decoding step.

    What is steered is what is written. The noise depends on the tokens, the seed and the sample of a row.

    Args:
        model: The model.
        prompts: Tokens of the prompts that rows count into, equally many, with room behind them.
        block: The rows.
        at: What to steer with; None where no row is steered.
        tokens: Most new tokens.
        seed: Of the noise.
        temperature: Divides the logits; 0 takes the most probable token.
    """
    settings = WritingSettings(
        prompts=tuple(map(str, prompts)),
        max_new_tokens=tokens,
        seed=seed,
        temperature=max(temperature, LEAST_TEMPERATURE),
        decoding="sample" if temperature else "greedy",
        samples=1,
    )
    rows = block if temperature else [replace(row, greedy=True) for row in block]
    nothing = Directions((), np.zeros((1, 0, model.info.width), np.float32), np.zeros(0, np.float32))
    own = [PromptTokens(ids, np.zeros(len(ids) - 1, np.float32)) for ids in prompts]
    return write_block(model, settings, [own[row.prompt] for row in rows], rows, nothing if at is None else at)


def _chosen(
    model: LoadedModel,
    settings: WritingSettings,
    prompts: Sequence[PromptTokens],
    rows: Sequence[PlannedRow],
    edits: list[Intervention],
    cache: object,
    tokens: torch.Tensor,
    emitted: Sequence[Sequence[int]],
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Tokens of each step, int64 [rows], and whether their logits were finite; several steps a request elsewhere."""
    streams = tuple(None if row.greedy else (settings.prompts[row.prompt], row.sample) for row in rows)
    sampling = Sampling(settings.seed, streams, settings.temperature, settings.top_p)
    at_once = steps_at_once(model, settings)
    for t in range(0, settings.max_new_tokens, at_once):
        numbers = range(t, min(t + at_once, settings.max_new_tokens))
        steering = [weighted(edits, written_weights(model, settings, prompts, emitted, n)) for n in numbers]
        if model.remote is None:
            cache, logits = step(model, tokens, cache, steering[0])
            tokens, finite = sampling(logits, t)
            yield tokens, finite
            continue
        so_far = cache if isinstance(cache, TokensSoFar) else TokensSoFar()
        so_far = so_far.then(tokens[:, None], steering[0])
        (found, finite), _ = ahead(model, so_far, steering[1:], replace(sampling, first=t))
        for k in range(len(numbers)):
            yield found[:, k], finite[:, k]
        cache, tokens = so_far.followed_by(found, steering[1:]), found[:, -1]


def steps_at_once(model: LoadedModel, settings: WritingSettings, most: int = AHEAD) -> int:
    """Tokens that are written in one request: one here, and where a thought ends, which is known from its tokens."""
    return 1 if model.remote is None or settings.where.thoughts else most


def steered_prompt(
    model: LoadedModel,
    settings: WritingSettings,
    prompts: Sequence[PromptTokens],
    rows: Sequence[PlannedRow],
    at: Directions,
) -> object:
    """Cache of each row's prompt without its last token; None for prompts of one token."""
    if len(prompts[0].ids) == 1:
        return None
    if not any(prompt.weights.any() for prompt in prompts):
        texts = list(dict.fromkeys(prompt.ids[:-1] for prompt in prompts))
        return spread(prefill(model, texts), [texts.index(prompt.ids[:-1]) for prompt in prompts])
    # One row a prompt and condition, whatever the sample.
    keys = [(prompt.ids, row.condition) for prompt, row in zip(prompts, rows, strict=True)]
    distinct = [keys.index(key) for key in dict.fromkeys(keys)]
    filled = [*distinct, *[distinct[0]] * (-len(distinct) % ROW_MULTIPLE)]
    weights = torch.from_numpy(np.stack([prompts[i].weights for i in filled]))  # (rows, tokens)
    edits = weighted(interventions(settings, [rows[i] for i in filled], at), weights)
    cache = prefill(model, [prompts[i].ids[:-1] for i in filled], edits)
    places = {keys[i]: place for place, i in enumerate(distinct)}
    return spread(cache, [places[key] for key in keys])


def written_weights(
    model: LoadedModel,
    settings: WritingSettings,
    prompts: Sequence[PromptTokens],
    emitted: Sequence[Sequence[int]],
    t: int,
) -> torch.Tensor:
    """Weights of the positions that emit generated token t, float32 [rows], behind prompts and what was written."""

    def thinks(prompt: PromptTokens, ids: Sequence[int]) -> bool:
        begun = "<think>" if prompt.thinking else ""
        return settings.where.thoughts and thinking(begun + str(model.tokenizer.decode(list(ids))))

    rows = zip(prompts, emitted, strict=True)
    return torch.tensor([settings.where.written(t, one.turns, thinking=thinks(one, ids)) for one, ids in rows])


def weighted(edits: list[Intervention], weights: torch.Tensor) -> list[Intervention]:
    """The edits times float32 weights: of rows, or [1, tokens] of the tokens of a prompt; none where all are 0."""
    if bool((weights == 1).all()):
        return edits
    return [edit.times(weights) for edit in edits] if bool(weights.any()) else []


def interventions(settings: WritingSettings, rows: Sequence[PlannedRow], at: Directions) -> list[Intervention]:
    """The edits of a batch, one a steered layer."""
    strengths = np.array([row.strength for row in rows], dtype=np.float32)
    index = [row.direction for row in rows]
    edits = []
    for place, layer in enumerate(at.layers):
        amounts = strengths if settings.operation in SHARES else strengths * at.scales[place]
        gate = None
        if at.gates is not None and at.opens_at is not None and settings.gate is not None:
            looked, opens_at = _rows(at.gates, index, place), _rows(at.opens_at, index, place)
            gate = OpenWhen(looked, opens_at, settings.gate.below)
        bounds = None if at.bounds is None else _rows(at.bounds, index, place)
        chosen = _rows(at.values, index, place)  # (rows, width)
        edits.append(Intervention(layer, settings.operation, chosen, torch.from_numpy(amounts), bounds, gate))
    return edits


def _rows(values: FloatArray, index: Sequence[int], place: int) -> torch.Tensor:
    """Of [directions, layers, ...] those of some rows at one layer."""
    return torch.from_numpy(np.ascontiguousarray(values[index, place]))


def _bytes_per_row(model: LoadedModel, tokens: int) -> int:
    itemsize = 4 if model.info.computes_in == "float32" else 2
    return 2 * model.info.layers * model.info.width * tokens * itemsize
