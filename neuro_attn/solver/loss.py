"""The logistic loss of two classes and the softmax loss of more: slopes, curvatures, probabilities.

All functions are compiled into the iterations of `conjugate_gradient` and work on one slot of a
block.
"""

from neuro_attn.solver.block import Block, Problem
from neuro_attn.solver.numba_utils import exp, inlined


@inlined
def residuals_of_two_classes(problem: Problem, block: Block, slot: int) -> None:
    """Compute p(wrong class) and the slope of the loss in the scores, for two classes."""
    label_set = block.label_set[slot]
    labels = problem.labels[label_set]
    weight = problem.weight[label_set % len(problem.weight)]
    one = weight.dtype.type(1)
    # Near 0, p(wrong class) keeps all its digits; 1 - p(true class) would not.
    for row in range(len(labels)):
        sign = one if labels[row] == 1 else -one
        block.p[slot, row] = one / (one + exp(sign * block.scores[slot, row]))
    for row in range(len(labels)):
        sign = one if labels[row] == 1 else -one
        block.residual[slot, row] = -sign * weight[row] * block.p[slot, row]


@inlined
def curvature_of_two_classes(problem: Problem, block: Block, slot: int) -> float:
    """Return the curvature of the loss of two classes along the direction."""
    weight = problem.weight[block.label_set[slot] % len(problem.weight)]
    total, one = weight.dtype.type(0), weight.dtype.type(1)
    for row in range(len(weight)):
        p, along = block.p[slot, row], block.score_direction[slot, row]
        total += weight[row] * p * (one - p) * along * along
    return total


@inlined
def softmax_residuals(problem: Problem, block: Block, slot: int) -> None:
    """Compute p(class) and the slope of the loss in the scores."""
    label_set = block.label_set[slot]
    labels = problem.labels[label_set]
    weight = problem.weight[label_set % len(problem.weight)]
    n_rows, one = len(labels), weight.dtype.type(1)
    highest, total = block.highest, block.total
    for row in range(n_rows):
        highest[row], total[row] = block.scores[slot, row], 0
    for output in range(1, problem.n_outputs):
        for row in range(n_rows):
            score = block.scores[slot, output * n_rows + row]
            highest[row] = score if score > highest[row] else highest[row]
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            below = block.scores[slot, output * n_rows + row] - highest[row]
            block.p[slot, output * n_rows + row] = exp(below)
        for row in range(n_rows):
            total[row] += block.p[slot, output * n_rows + row]
    for row in range(n_rows):
        total[row] = one / total[row]
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            block.p[slot, output * n_rows + row] *= total[row]
        for row in range(n_rows):
            truth = one if labels[row] == output else one - one
            missed = block.p[slot, output * n_rows + row] - truth
            block.residual[slot, output * n_rows + row] = weight[row] * missed


@inlined
def softmax_curvature(problem: Problem, block: Block, slot: int) -> float:
    """Return the curvature of the loss along the direction: the sum of a variance a row."""
    weight = problem.weight[block.label_set[slot] % len(problem.weight)]
    n_rows, total = len(weight), weight.dtype.type(0)
    mean = block.total
    for row in range(n_rows):
        mean[row] = 0
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            along = block.score_direction[slot, output * n_rows + row]
            part = block.p[slot, output * n_rows + row] * along
            mean[row] += part
            total += weight[row] * part * along
    for row in range(n_rows):
        total -= weight[row] * mean[row] * mean[row]
    return total


@inlined
def squared_error(problem: Problem, block: Block, slot: int) -> float:
    """Return the squared error of the scores, estimated from the preconditioned slope.

    The error exceeds the score move for rows whose curvature is less than kappa. A curvature
    above kappa reduces it along some directions only, and is ignored. The scores of rows of weight
    0 follow those of the others.
    """
    weight = problem.weight[block.label_set[slot] % len(problem.weight)]
    n_rows = len(weight)
    total, one = weight.dtype.type(0), weight.dtype.type(1)
    for output in range(problem.n_outputs):
        for row in range(n_rows):
            p = block.p[slot, output * n_rows + row]
            own = min(weight[row] * p * (one - p), problem.kappa)
            own = own if weight[row] > 0 else problem.kappa
            more = (one + problem.kappa * problem.strength) / (one + own * problem.strength)
            missing = block.score_move[slot, output * n_rows + row] * more
            total += missing * missing
    return total
