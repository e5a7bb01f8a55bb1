"""Specifications of the tables of skills: what networks learn besides the trials."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import SEED

FAMILY = Column("family", "text", "the family of networks")


def _files(skill: str, table: str = "") -> tuple[str, str]:
    """Return the files of a table: of all networks, and of one."""
    name = table or skill
    return f"networks/{name}.csv", f"networks/{skill}/{{family}}/seed{{n}}/{name}.csv"


SKILL_TABLES = (
    Table(
        "list_recall",
        "Recall of lists of one length by a replicate network.",
        _files("list_recall"),
        (
            FAMILY,
            SEED,
            Column("length", "count", "number of items of a list"),
            Column("token_accuracy", "number", "fraction of positions with the correct item"),
            Column("forced_accuracy", "number", "the same with teacher forcing"),
            Column("chance", "number", "1 / number of different items"),
            Column("n_lists", "count", "number of held-out lists"),
        ),
        details=(
            "Only with `list_recall` "
            "([the bottleneck of a fixed context](networks.md#the-bottleneck-of-a-fixed-context)). "
            "The lists are held out. With teacher forcing, the decoder receives the correct items "
            "before each position."
        ),
    ),
    Table(
        "translation",
        "Translation of held-out sentences of a range of lengths by a replicate network.",
        _files("translation"),
        (
            FAMILY,
            SEED,
            Column("beams", "count", "number of hypotheses of beam search; 1 is greedy"),
            Column("least_words", "count", "smallest number of English words"),
            Column("most_words", "count", "largest number of English words"),
            Column("exact_match", "number", "fraction of sentences with all words correct"),
            Column("bleu", "number", "BLEU, 0 to 1, with one reference"),
            Column("n_sentences", "count", "number of held-out sentences"),
        ),
        details=(
            "Only with `translation` ([translation](networks.md#translation)). The decoder "
            "receives its own words."
        ),
    ),
    Table(
        "translation_alignment",
        "Agreement of the attention of a replicate network with the alignment of words.",
        _files("translation", "translation_alignment"),
        (
            FAMILY,
            SEED,
            Column("alignment_error", "number", "alignment error rate of the largest weights"),
            Column("diagonal_error", "number", "the same of the diagonal"),
            Column(
                "largest_correct",
                "number",
                "fraction of French words with the largest weight on a word that they translate",
            ),
            Column("n_sentences", "count", "number of held-out sentences"),
            Column(
                "follows",
                "number",
                "fraction of words that translate the English word to which attention is moved",
            ),
            Column(
                "stays",
                "number",
                "fraction of words that are correct with all attention on the correct word",
            ),
            Column("n_moves", "count", "number of words at which attention is moved"),
        ),
        details=(
            "Only with `translation`, for families with attention. The decoder is told the correct "
            "words. With several layers and heads, weights are means over them, and attention is "
            "moved in all."
        ),
    ),
    Table(
        "translation_attention",
        "Attention of a replicate network to an English word at a French word of an example.",
        _files("translation", "translation_attention"),
        (
            FAMILY,
            SEED,
            Column("sentence", "count", "number of the example"),
            Column("target_position", "count", "position of the French word"),
            Column("target_word", "text", "the French word"),
            Column("source_position", "count", "position of the English word"),
            Column("source_word", "text", "the English word"),
            Column("weight", "number", "attention weight"),
            Column("is_link", "truth", "whether the words translate each other"),
        ),
        details="Only with `translation`, for families with attention. Words are told.",
    ),
    Table(
        "translation_examples",
        "Translation of an example by a replicate network.",
        _files("translation", "translation_examples"),
        (
            FAMILY,
            SEED,
            Column("beams", "count", "number of hypotheses of beam search; 1 is greedy"),
            Column("english", "text", "the English sentence"),
            Column("french", "text", "its translation by the grammar"),
            Column("written", "text", "its translation by the network"),
        ),
        details="Only with `translation`.",
    ),
)
