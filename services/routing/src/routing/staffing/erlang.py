"""Erlang B, C and A: what so many agents make of so much work when customers come at random. Pure; knows no log.

Customers come as a Poisson process, handling times are exponential, the first who came is served first, the state is
steady. `load_erlangs` is arrivals per second times mean handling seconds; `agents` is how many customers can be served
at a time, 0 or more. Where the formulas are from:

- B, C: Erlang 1917, by the recursion of Jagerman, "Some properties of the Erlang loss function", BSTJ 53 (1974). It
  adds and multiplies positive numbers only, so it is exact to the last digits for any number of agents.
- A (M/M/n+M): Palm 1957; Mandelbaum and Zeltyn, "Service engineering in action: the Palm/Erlang-A queue" (2007).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

AGENTS_MAX = 100_000
"""Nobody is told to hire more; a search that comes so far has no answer."""
_NEGLIGIBLE = 1e-17
_NATS = 45.0
"""e to the minus this is below what a double adds to 1."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What customers and agents meet. Shares are 0 to 1; times are in seconds, infinite where the line grows."""

    wait_share: float
    """Of all who come, those who find nobody free."""
    service_level: float
    """Of all who come, those who are answered within the target."""
    mean_wait_s: float
    """Of all who come, until answered or given up; where nobody gives up, the average speed of answer."""
    abandoned: float
    """Of all who come, those who give up."""
    occupancy: float
    """Of agents' time, that which is work."""


def erlang_b(agents: int, load_erlangs: float) -> float:
    """The share of customers who find all agents busy and leave at once."""
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load_erlangs * blocked / (n + load_erlangs * blocked)
    return blocked


def erlang_c(agents: int, arrivals_per_s: float, handling_s: float, target_s: float) -> Waiting:
    """The queue in which nobody gives up, M/M/n: P(wait) = B / (1 - load/n (1 - B)), and waits are exponential with the
    mean handling_s / (n - load). At a load of n or more the line grows without end: everybody waits for ever.
    """
    load = arrivals_per_s * handling_s
    if load <= 0:
        return Waiting(0.0 if agents else 1.0, 1.0 if agents else 0.0, 0.0 if agents else math.inf, 0.0, 0.0)
    if load >= agents:
        return Waiting(1.0, 0.0, math.inf, 0.0, 1.0 if agents else 0.0)
    blocked = erlang_b(agents, load)
    waits = blocked / (1 - load / agents * (1 - blocked))
    spare = agents - load
    late = waits * math.exp(-spare * target_s / handling_s)
    return Waiting(waits, 1 - late, waits * handling_s / spare, 0.0, load / agents)


def erlang_a(agents: int, arrivals_per_s: float, handling_s: float, patience_s: float, target_s: float) -> Waiting:
    """The queue whose customers give up after an exponential time of mean `patience_s`, M/M/n+M. With infinite patience
    it is Erlang C.

    With x = n patience/handling and y = arrivals * patience, j wait with a probability proportional to
    t_j = y^j / ((x+1)...(x+j)); A is their sum, and P(wait) = A B / (1 - B + A B). Those who wait give up
    at the rate 1/patience each, so P(abandon) = P(wait) E[j] / y: a sum of positive terms, which stays exact where the
    usual 1/(rho A) + 1 - 1/rho cancels. Who is answered within T found somebody free, or waited v <= T with the density
    P(wait)/A * n/handling * exp(-(n/handling + 1/patience) v + y (1 - exp(-v/patience))).
    """
    load = arrivals_per_s * handling_s
    if load <= 0 or math.isinf(patience_s):
        return erlang_c(agents, arrivals_per_s, handling_s, target_s)
    served_per_s, gives_up_per_s = agents / handling_s, 1 / patience_s
    x, y = agents * patience_s / handling_s, arrivals_per_s * patience_s
    log_sum, in_line = _line(x, y)
    blocked = erlang_b(agents, load)
    waits = blocked / ((1 - blocked) * math.exp(-log_sum) + blocked)
    abandoned = min(1.0, waits * in_line / y)

    def log_density(wait_s: float) -> float:
        lost = -math.expm1(-gives_up_per_s * wait_s)
        return y * lost - (served_per_s + gives_up_per_s) * wait_s - log_sum

    in_time = 0.0
    if agents and waits:
        likeliest_s = patience_s * math.log(y / (x + 1)) if y > x + 1 else 0.0
        in_time = waits * served_per_s * _integral(log_density, min(likeliest_s, target_s), target_s)
    found = min(1 - abandoned, 1 - waits + in_time)
    occupancy = load * (1 - abandoned) / agents if agents else 0.0
    return Waiting(waits, max(0.0, found), in_line * waits / arrivals_per_s, abandoned, min(1.0, occupancy))


def _line(x: float, y: float) -> tuple[float, float]:
    """(log A, mean number in line while all are busy): sums over t_j, from the greatest of them outwards."""
    peak = max(0, math.floor(y - x))
    log_peak = peak * math.log(y) + math.lgamma(x + 1) - math.lgamma(x + peak + 1) if peak else 0.0
    total, weighted, term = 1.0, float(peak), 1.0
    for j in range(peak + 1, peak + 100_000_000):
        term *= y / (x + j)
        total, weighted = total + term, weighted + j * term
        if j * term < _NEGLIGIBLE * max(weighted, total):
            break
    term = 1.0
    for j in range(peak, 0, -1):
        term *= (x + j) / y
        total, weighted = total + term, weighted + (j - 1) * term
        if term < _NEGLIGIBLE * total:
            break
    return log_peak + math.log(total), weighted / total


_NODES = (
    (0.1488743389816312, 0.2955242247147529),
    (0.4333953941292472, 0.2692667193099963),
    (0.6794095682990244, 0.2190863625159820),
    (0.8650633666889845, 0.1494513491505806),
    (0.9739065285171717, 0.0666713443086881),
)
"""Of Gauss and Legendre, ten points (Abramowitz and Stegun, table 25.4)."""
_PANELS = 64


def _integral(log_f: Callable[[float], float], best: float, until: float) -> float:
    """The integral from 0 of exp(log_f), which is concave and greatest at `best`: only where it is not negligible
    against that, in panels of ten points.
    """
    least, most = _edge(log_f, best, 0.0), _edge(log_f, best, until)
    width = (most - least) / _PANELS
    total = 0.0
    for panel in range(_PANELS):
        middle = least + (panel + 0.5) * width
        for node, weight in _NODES:
            step = node * width / 2
            total += weight * (math.exp(log_f(middle - step)) + math.exp(log_f(middle + step)))
    return total * width / 2


def _edge(log_f: Callable[[float], float], best: float, end: float) -> float:
    """The farthest from `best` towards `end` where a concave function is within _NATS of its greatest value."""
    floor = log_f(best) - _NATS
    if log_f(end) >= floor:
        return end
    near, far = best, end
    for _ in range(80):
        middle = (near + far) / 2
        near, far = (middle, far) if log_f(middle) >= floor else (near, middle)
    return far


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked of a staffing; of limits that are None nothing is asked."""

    service_level: float
    """Of all who come, at least so many answered within `within_s`; above 0 and below 1."""
    within_s: float
    occupancy_max: float | None = None
    """Above 0, at most 1."""
    abandoned_max: float | None = None
    mean_wait_max_s: float | None = None

    def is_met(self, found: Waiting) -> bool:
        """Whether a staffing keeps all of it."""
        return (
            found.service_level >= self.service_level
            and (self.occupancy_max is None or found.occupancy <= self.occupancy_max)
            and (self.abandoned_max is None or found.abandoned <= self.abandoned_max)
            and (self.mean_wait_max_s is None or found.mean_wait_s <= self.mean_wait_max_s)
        )


def agents_needed(
    target: Target, arrivals_per_s: float, handling_s: float, patience_s: float = math.inf, step: int = 1
) -> int | None:
    """The fewest agents that meet a target, by Erlang A, or C where nobody gives up; 0 where nobody comes. Everything a
    target asks for gets better with every agent, so the search halves. With `step`, the least multiple of it: agents
    who serve so many at a time. None where AGENTS_MAX would not do.
    """
    if arrivals_per_s <= 0:
        return 0
    load = arrivals_per_s * handling_s
    if load > AGENTS_MAX:
        return None

    def is_enough(steps: int) -> bool:
        return target.is_met(erlang_a(steps * step, arrivals_per_s, handling_s, patience_s, target.within_s))

    found = fewest(is_enough, math.ceil(load / step), AGENTS_MAX // step)
    return None if found is None else found * step


def fewest(is_enough: Callable[[int], bool], guess: int, most: int) -> int | None:
    """The least number of 1 to `most` that is enough, where every greater one is too; None when not even `most` is.
    It is looked for from `guess` outwards, in doubled steps, and then by halving; no number is asked about twice.
    """
    too_few, enough, step = 0, most + 1, 1
    at = min(max(guess, 1), most)
    while too_few + 1 < enough:
        if is_enough(at):
            enough = at
        else:
            too_few = at
        if too_few == 0:
            at = max(enough - step, 1)
        elif enough > most:
            at = min(too_few + step, most)
        else:
            at = (too_few + enough) // 2
        step *= 2
    return None if enough > most else enough


def with_shrinkage(agents: float, shrinkage: float) -> int:
    """How many are to be scheduled so that so many are at work; `shrinkage` is the share of paid time that is not work
    on customers (breaks, training, illness), 0 or more and below 1.
    """
    return math.ceil(agents / (1 - shrinkage) - 1e-9)
