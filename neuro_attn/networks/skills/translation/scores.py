"""Scores of translations and of alignments."""

from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

Words = Sequence[str]
Links = Collection[tuple[int, int]]
LONGEST_NGRAM = 4


def bleu(written: Sequence[Words], correct: Sequence[Words]) -> float:
    """Return the BLEU score of a corpus of translations (Papineni et al. 2002).

    BLEU = min(1, exp(1 - r / c)) (p_1 p_2 p_3 p_4)^(1/4)

    p_n is the fraction of n-grams of all translations that occur in their reference, each as often
    as there; r and c are the numbers of words of all references and translations.

    Parameters
    ----------
    written, correct : sequence of sequence of str
        Translations, and one reference for each.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> bleu([["je", "suis", "un", "grand", "roi"]], [["je", "suis", "un", "grand", "roi"]])
    1.0
    """
    shared, all_of = np.zeros(LONGEST_NGRAM), np.zeros(LONGEST_NGRAM)
    for ours, theirs in zip(written, correct, strict=True):
        for n in range(1, LONGEST_NGRAM + 1):
            found = _ngrams(ours, n)
            shared[n - 1] += sum((found & _ngrams(theirs, n)).values())
            all_of[n - 1] += sum(found.values())
    if not shared.all():
        return 0.0
    c, r = (sum(map(len, each)) for each in (written, correct))
    brevity = min(1.0, float(np.exp(1 - r / c)))
    return brevity * float(np.exp(np.mean(np.log(shared / all_of))))


def _ngrams(words: Words, n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[at : at + n]) for at in range(len(words) - n + 1))


def alignment_error(found: Sequence[Links], gold: Sequence[Links]) -> float:
    """Return the alignment error rate of a corpus (Och & Ney 2003), with sure links only.

    AER = 1 - 2 |A & S| / (|A| + |S|)

    Parameters
    ----------
    found, gold : sequence of collection of (int, int)
        Links A of each sentence, and the correct ones S: a target and a source position.

    Returns
    -------
    float
        From 0 (the same links) to 1.

    Examples
    --------
    >>> alignment_error([{(0, 0), (1, 1)}], [{(0, 0), (1, 2)}])
    0.5
    """
    both = sum(len(set(a) & set(s)) for a, s in zip(found, gold, strict=True))
    return 1 - 2 * both / sum(map(len, [*found, *gold]))


def diagonal(n_target: int, n_source: int) -> set[tuple[int, int]]:
    """Return links along the diagonal, the alignment that depends only on the lengths.

    Position k of the translation is linked to floor((k + 1/2) S / T).

    Parameters
    ----------
    n_target, n_source : int
        Numbers of words T and S.

    Examples
    --------
    >>> sorted(diagonal(4, 2))
    [(0, 0), (1, 0), (2, 1), (3, 1)]
    """
    return {(k, int((k + 0.5) * n_source / n_target)) for k in range(n_target)}
