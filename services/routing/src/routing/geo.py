"""How far places are from each other, and what is near. Pure; it knows no case and no agent.

Distances are great circles of a sphere by the haversine formula (R. W. Sinnott, "Virtues of the Haversine", Sky and
Telescope 68(2), 1984), with the mean radius of the Earth R1 of GRS 80 (H. Moritz, "Geodetic Reference System 1980",
Journal of Geodesy 74, 2000). The Earth is no sphere: they are off by half a percent at most, and no road is as short.
"""

from collections.abc import Iterable
from math import asin, cos, isfinite, radians, sin, sqrt

from msgspec.structs import astuple

from routing.terms import GeoPoint, Near, Place

EARTH_RADIUS_M = 6_371_008.8
RADIUS_MAX_KM = 20_038
"""Half way round: everywhere."""


def distance_m(one: GeoPoint, other: GeoPoint) -> int:
    """How far two points in degrees are apart, in whole metres: the last digits of a sine differ by machine. What is no
    point is farther from all than anything on the Earth.
    """
    if not all(map(isfinite, (*astuple(one), *astuple(other)))):
        return 2_000 * RADIUS_MAX_KM
    north, east = radians(other.latitude - one.latitude), radians(other.longitude - one.longitude)
    across = cos(radians(one.latitude)) * cos(radians(other.latitude))
    haversine = sin(north / 2) ** 2 + across * sin(east / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(sqrt(min(1.0, haversine))))


def is_near(point: GeoPoint | None, near: Near) -> bool:
    """Whether a point is within a radius; what is nowhere is not."""
    return point is not None and distance_m(point, near.point) <= near.radius_km * 1_000


def nearest(places: Iterable[Place], point: GeoPoint) -> Place | None:
    """The place that a point is nearest to, of several the first by id; None without places."""
    return min(places, key=lambda place: (distance_m(place.point, point), place.place_id), default=None)
