"""Specifications of the tables of skills: what networks learn besides the trials."""

from neuro_attn.results.columns import Column, Table
from neuro_attn.results.shared_columns import SEED

FAMILY = Column("family", "text", "the family of networks")


EXAMPLE = Column("image", "count", "the image")


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
            "Only with `translation`, for families with attention. The decoder receives the "
            "correct words. Each French word has one link, so `alignment_error` and "
            "`largest_correct` add to 1. With several layers and heads, weights are means over "
            "them, and attention is moved in all."
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
        details=(
            "Only with `translation`, for families with attention. The decoder receives the "
            "correct words."
        ),
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
    Table(
        "sequence_processing",
        "Error and gradient of a replicate network for sequences of one length in which an item is "
        "needed some steps after it was seen.",
        _files("sequence_processing"),
        (
            FAMILY,
            SEED,
            Column("task", "text", "`marked item` or `item at a delay`"),
            Column("trained_length", "count", "number of steps of the sequences of training"),
            Column("length", "count", "number of steps of a sequence"),
            Column("distance", "count", "number of steps from the item to the answer"),
            Column("error", "number", "fraction of wrong answers at the last step"),
            Column("chance", "number", "the error of guesses"),
            Column(
                "gradient",
                "number",
                "norm of the gradient of the correct item's score with respect to the input "
                "`distance` steps before (root mean square over 32 sequences)",
            ),
            Column("gradient_untrained", "number", "the same before training"),
            Column("n_sequences", "count", "number of held-out sequences"),
        ),
        details=(
            "Only with `sequence_processing` "
            "([three ways of processing sequences]"
            "(networks.md#three-ways-of-processing-sequences)). One network is trained for the "
            "marked item, and one for each delay, on sequences of one length."
        ),
    ),
    Table(
        "sequence_costs",
        "Costs of a network with enough layers to reach a whole sequence.",
        _files("sequence_processing", "sequence_costs"),
        (
            FAMILY,
            SEED,
            Column("length", "count", "number of steps of the sequence"),
            Column("n_weights", "count", "number of weights"),
            Column(
                "sequential_steps",
                "count",
                "largest number of updates of a layer's state that must wait for each other",
            ),
            Column(
                "path_length",
                "number",
                "moves between steps on the shortest path from an input to the last output, for "
                "the input from which it is longest",
            ),
            Column("multiply_adds", "count", "multiply-adds of matrix products, forward pass"),
            Column("held", "count", "numbers held from the forward to the backward pass"),
            Column(
                "equivariance_error",
                "number",
                "difference between the output for permuted steps and the permuted output, without "
                "causal mask, divided by that between the outputs for two sequences",
            ),
        ),
        details=(
            "Only with `sequence_processing`. Networks are untrained, of the size of those that "
            "are trained, and have one layer (GRU, self-attention) or as many as reach the first "
            "step (convolutions). Dependencies are derivatives that are not 0."
        ),
    ),
    Table(
        "captioning",
        "Captions of held-out images with a number of objects by a replicate network.",
        _files("captioning"),
        (
            FAMILY,
            SEED,
            Column("n_objects", "count", "number of objects in an image"),
            Column("exact_match", "number", "fraction of sentences with all words correct"),
            Column("token_accuracy", "number", "fraction of words, and ends, that are correct"),
            Column("mass", "number", "attention on the patch of the named object"),
            Column("mass_others", "number", "attention on the patches of all other objects"),
            Column("chance_mass", "number", "1 / number of patches"),
            Column("follows", "number", "fraction of words that follow attention when it is moved"),
            Column("n_images", "count", "number of held-out images"),
            Column("n_moves", "count", "number of words at which attention is moved"),
        ),
        details=(
            "Only with `captioning` "
            "([image captioning](networks.md#image-captioning)). Sentences are the network's own. "
            "Attention is measured while the correct words are its input, as the mean over the "
            "words that name a colour or a shape. The patch of an object is the only one whose "
            "receptive field contains the whole object. For `follows`, all attention is moved to "
            "another object of the image for one word; it is missing with one object."
        ),
    ),
    Table(
        "captioning_maps",
        "Attention to a patch while a word is written, for example images.",
        _files("captioning", "captioning_maps"),
        (
            FAMILY,
            SEED,
            EXAMPLE,
            Column("word", "count", "position of the word, from 0"),
            Column("correct", "text", "the correct word"),
            Column("written", "text", "the word that the network writes after correct ones"),
            Column("grid_row", "count", "row of the patch, from 0 at the top"),
            Column("grid_column", "count", "column of the patch, from 0 at the left"),
            Column("weight", "number", "attention weight of the patch"),
            Column("is_named", "truth", "whether the word names the colour or shape of its object"),
        ),
        details="Only with `captioning`. The same held-out images for all networks.",
    ),
    Table(
        "captioning_images",
        "A pixel of an example image.",
        _files("captioning", "captioning_images"),
        (
            FAMILY,
            SEED,
            EXAMPLE,
            Column("row", "count", "row of the pixel, from 0 at the top"),
            Column("column", "count", "column of the pixel, from 0 at the left"),
            *(Column(ink, "number", f"intensity of {ink}") for ink in ("red", "green", "blue")),
        ),
        details="Only with `captioning`. Intensities are 0 to 1 plus noise.",
    ),
)
