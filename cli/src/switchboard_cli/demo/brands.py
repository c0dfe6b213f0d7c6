"""Who takes part: five industries, fifteen invented brands, their staff and hours. It knows no post and no service.

The published report this follows had five industries with three targets each: government best with over 40 % abandoned
and answers in under 50 minutes on average, e-commerce and airlines with over 90 % abandoned, all but government slower
than 150 minutes, home appliances about 6 hours, and about 10 % resolved. None of these numbers is written into any
service: they emerge from how many posts arrive, how many people work which hours, and what each queue promises.
"""

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """In whose wire format a brand's posts arrive."""

    WEIBO = "weibo"
    X_V1 = "x_v1"
    X_V2 = "x_v2"

    @property
    def channel(self) -> str:
        """The channel's name at ingest."""
        return "weibo" if self is Platform.WEIBO else "x"


@dataclass(frozen=True, slots=True)
class Desk:
    """The people of one industry. Minutes and hours are simulated; the day begins at 08:00."""

    agents: int
    capacity: int
    opens_h: float
    closes_h: float
    handling_min: tuple[float, float]
    promise_s: int
    """Target of the first response: what its queue is ordered by."""


@dataclass(frozen=True, slots=True)
class Industry:
    """`share` of all first posts go to it."""

    key: str
    queue: str
    share: float
    desk: Desk


@dataclass(frozen=True, slots=True)
class Brand:
    """One brand with one account on one platform. `share` of its industry's posts go to it."""

    source_id: str
    name: str
    industry: str
    platform: Platform
    handle: str
    account: int
    share: float


GOVERNMENT, APPLIANCES, COMMERCE, AIRLINES, TELECOM = (
    "government",
    "home appliances",
    "e-commerce",
    "airlines",
    "telecom",
)

INDUSTRIES = (
    Industry(GOVERNMENT, "government", 0.05, Desk(12, 3, 0.0, 9.6, (8.0, 22.0), 3_600)),
    Industry(APPLIANCES, "home-appliances", 0.11, Desk(8, 1, 1.5, 13.0, (12.0, 20.0), 9 * 3_600)),
    Industry(COMMERCE, "e-commerce", 0.41, Desk(7, 1, 0.0, 13.0, (16.0, 26.0), 2 * 3_600)),
    Industry(AIRLINES, "airlines", 0.31, Desk(6, 1, 0.0, 13.0, (16.0, 26.0), 2 * 3_600)),
    Industry(TELECOM, "telecom", 0.12, Desk(7, 1, 0.0, 13.0, (12.0, 20.0), 9_000)),
)

BRANDS = (
    Brand("weibo-qinglan-12345", "青岚市民热线", GOVERNMENT, Platform.WEIBO, "青岚市民热线", 6013390012, 0.42),
    Brand("weibo-yundu-affairs", "云渡政务", GOVERNMENT, Platform.WEIBO, "云渡政务发布", 6013390027, 0.34),
    Brand("x-port-halden", "Port Halden City", GOVERNMENT, Platform.X_V1, "PortHaldenCity", 810_233_017, 0.24),
    Brand("weibo-chengchuan", "澄川电器", APPLIANCES, Platform.WEIBO, "澄川电器客服", 6013390034, 0.45),
    Brand("weibo-nuanqi", "暖栖家电", APPLIANCES, Platform.WEIBO, "暖栖家电", 6013390041, 0.33),
    Brand("x-norvane", "Norvane Home", APPLIANCES, Platform.X_V2, "NorvaneHome", 810_233_024, 0.22),
    Brand("weibo-kuailan", "快篮商城", COMMERCE, Platform.WEIBO, "快篮商城", 6013390058, 0.47),
    Brand("weibo-wankuang", "万筐网", COMMERCE, Platform.WEIBO, "万筐网客服", 6013390065, 0.33),
    Brand("x-parcelwick", "Parcelwick", COMMERCE, Platform.X_V1, "Parcelwick", 810_233_031, 0.20),
    Brand("weibo-lucheng", "鹭程航空", AIRLINES, Platform.WEIBO, "鹭程航空", 6013390072, 0.41),
    Brand("weibo-shuofeng", "朔风航空", AIRLINES, Platform.WEIBO, "朔风航空", 6013390089, 0.32),
    Brand("x-aldermere", "Aldermere Air", AIRLINES, Platform.X_V1, "AldermereAir", 810_233_048, 0.27),
    Brand("weibo-xingluo", "星络通信", TELECOM, Platform.WEIBO, "星络通信", 6013390096, 0.44),
    Brand("weibo-hexun", "禾络电信", TELECOM, Platform.WEIBO, "禾络电信客服", 6013390103, 0.32),
    Brand("x-quillnet", "Quillnet Mobile", TELECOM, Platform.X_V2, "QuillnetCare", 810_233_055, 0.24),
)

ARRIVALS = (
    *(5.5, 6.5, 7.0, 6.5, 5.5, 5.5, 6.0, 6.0, 6.0, 5.5, 5.0, 5.5),
    *(6.0, 6.0, 5.0, 3.5, 2.0, 1.2, 0.8, 0.6, 0.6, 0.8, 1.6, 3.0),
)
"""Weight of each hour of the day in posts, from 08:00 on."""
