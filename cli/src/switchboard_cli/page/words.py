"""What a report says, in the languages it speaks. It knows no number."""

from typing import NamedTuple


class Words(NamedTuple):
    """One language. `heads` are the columns by metric id; texts with braces are formatted."""

    tag: str
    """Of the page (BCP 47)."""
    title: str
    about: str
    ever: str
    since: str
    before: str
    between: str
    total: str
    heads: dict[str, str]
    survival: str
    survival_note: str
    promise: str
    promise_note: str
    backlog: str
    backlog_note: str
    others: str
    meaning: str
    meanings: dict[tuple[str, int], str]
    """What a version of a metric means, where kpi's own words are of another language."""
    nothing: str
    second: str
    minute: str
    hour: str
    day: str
    week: str

    def long(self, seconds: float) -> str:
        """How long, in the largest unit that gives a whole number of it."""
        units = ((604_800, self.week), (86_400, self.day), (3_600, self.hour), (60, self.minute))
        size, unit = next(((size, unit) for size, unit in units if seconds % size == 0), (1, self.second))
        return f"{seconds / size:g} {unit}"


ENGLISH = Words(
    "en",
    "Customer service report",
    "Tenant {tenant}. Contacts that started {interval}; observed until {until} ({zone}). Log position {position}: with"
    " it every number can be computed again.",
    "at any time",
    "at {begins} or later",
    "before {ends}",
    "from {begins} to {ends}",
    "all",
    {
        "offered": "offered",
        "accepted": "accepted",
        "answered": "answered",
        "abandonment": "abandoned",
        "frt_human_mean": "mean FRT",
        "frt_human_km_median": "KM median",
        "resolution_of_accepted": "solved/acc",
        "resolution_of_offered": "solved/off",
        "answered_within_15m": "≤ 15 min",
        "answered_within_1h": "≤ 1 h",
        "resolved": "resolved",
        "pending": "pending",
    },
    "Who still waits for a first answer",
    "Share of customers whom no human had answered after so long (Kaplan-Meier: the unanswered are in it).",
    "Answered within an hour, by hour of the day",
    "By the hour at which the customer wrote, on the clock of {zone}.",
    "Who waits",
    "Customers who were waiting for their first answer at each time.",
    "{number} smaller groups are in the table only.",
    "What the numbers mean",
    {},
    "–",
    "s",
    "min",
    "h",
    "d",
    "wk",
)

CHINESE = Words(
    "zh-Hans",
    "客户服务报告",
    "租户 {tenant}。联络开始时间：{interval}；观察截至 {until}（{zone}）。日志位置 {position}："
    "凭此每个数字都可重新计算。",
    "不限",
    "自 {begins} 起",
    "{ends} 之前",
    "{begins} 至 {ends}",
    "全部",
    {
        "offered": "联络量",
        "accepted": "受理",
        "answered": "应答",
        "abandonment": "放弃率",
        "frt_human_mean": "平均首次响应",
        "frt_human_km_median": "首响中位数",
        "resolution_of_accepted": "解决/受理",
        "resolution_of_offered": "解决/联络",
        "answered_within_15m": "≤ 15 分钟",
        "answered_within_1h": "≤ 1 小时",
        "resolved": "已解决",
        "pending": "未到期",
    },
    "仍在等待首次应答的客户",
    "经过这么久仍无人工应答的客户比例（Kaplan-Meier 估计，未获应答者计入在内）。",
    "一小时内应答率（按一天中的时段）",
    "按客户发言的时段（{zone} 时间）。",
    "等待人数",
    "各时刻等待首次应答的客户数。",
    "另有 {number} 个较小的分组只列在表中。",
    "指标含义",
    {
        (
            "offered",
            1,
        ): "观察结束前开始、且有客户发言的个案回合。起点为客户最早的发言（客户时钟；若其超前则取我方收到时间）。",
        ("accepted", 1): "有坐席受理的联络：接受分派、认领、首次人工应答三者中最早者。",
        ("answered", 1): "在开始之后获得本品牌人工公开或私下应答的联络。机器应答不计。",
        ("abandonment", 1): "1 − 期限内受理数 / 已到期联络数。观察满整个期限的联络才算到期；未到期者不计入任何一方。",
        ("frt_human_mean", 1): "首次人工应答的平均等待，仅含已获应答的联络。",
        (
            "frt_human_km_median",
            1,
        ): "仍在等待的 Kaplan-Meier 估计值 S(t) 首次不高于 1/2 的时刻。未获应答者按等待到观察结束（或客户撤回）计。"
        "若 S 始终高于 1/2 则无值。",
        ("resolution_of_accepted", 1): "已解决数 / 受理数。确认期内未重开才算解决；确认期满前为暂定值。",
        ("resolution_of_offered", 1): "已解决数 / 联络总数。确认期内未重开才算解决；确认期满前为暂定值。",
        (
            "answered_within_15m",
            1,
        ): "开始后 15 分钟内获人工应答的比例。观察已满该时长仍未应答者计为未达；不足者不计入任何一方。",
        (
            "answered_within_1h",
            1,
        ): "开始后 1 小时内获人工应答的比例。观察已满该时长仍未应答者计为未达；不足者不计入任何一方。",
        ("resolved", 1): "坐席已解决且确认期内未重开的联络。确认期满前为暂定值。",
        ("pending", 1): "观察结束时尚未满放弃期限的联络，无论是否受理。放弃率的分子分母均不含它们。",
    },
    "–",
    "秒",
    "分钟",
    "小时",
    "天",
    "周",
)

LANGUAGES = {"en": ENGLISH, "zh": CHINESE}
"""What `--language` takes."""
