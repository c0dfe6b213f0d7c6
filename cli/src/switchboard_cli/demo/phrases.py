"""What people write: small grammars in Chinese and English, one per industry, every phrase made for this demo."""

from random import Random

from switchboard_cli.demo.brands import AIRLINES, APPLIANCES, COMMERCE, GOVERNMENT, TELECOM

ZH_OPENING = (
    "",
    "请问",
    "想问一下，",
    "真的很无奈，",
    "第三次来问了，",
    "排队排到没脾气，",
    "麻烦看一下，",
    "求助！",
    "说个事，",
    "一大早就遇上这个，",
    "等了好久，",
    "有人管吗？",
)
ZH_MATTER = {
    GOVERNMENT: (
        "{place}路口的路灯已经暗了{n}天",
        "{place}小区门口的下水井一直在冒水",
        "社保卡补办到底要跑几个窗口",
        "{place}的公交改线以后老人上车要走{n}百米",
        "夜里{n}点还在施工，孩子根本睡不着",
        "公园厕所锁了{n}天没人开",
        "网上预约系统每次到最后一步就退出",
        "{place}旁边的垃圾堆了{n}天",
    ),
    APPLIANCES: (
        "{thing}修了{n}次还是漏水",
        "{thing}半夜自己响，吓醒全家",
        "约好的安装师傅{n}天没来",
        "{thing}才用{n}个月，面板就不亮了",
        "保修卡上的电话打不通",
        "换下来的配件要我自己付运费",
        "{thing}的门关不严，冷气都跑了",
        "说明书和机器对不上，{thing}的按钮少一个",
    ),
    COMMERCE: (
        "包裹显示签收，可我根本没收到",
        "退款说好{n}天到账，现在还没有",
        "买的{thing}发来是坏的",
        "优惠券下单前还在，付款时就没了",
        "快递在{place}停了{n}天不动",
        "客服窗口转了{n}个人没人说清楚",
        "同一个订单被扣了{n}次钱",
        "页面写现货，下单以后变成预售",
    ),
    AIRLINES: (
        "航班晚点{n}个小时，柜台没有一个人解释",
        "行李到现在还在{place}",
        "改签要收的钱比机票还多",
        "网上值机选好的座位到机场就变了",
        "轮椅服务提前订了，落地没人来接",
        "退票{n}天了钱没回来",
        "因为临时换机型，一家人被拆开坐",
        "贵宾室门口排了{n}十分钟",
    ),
    TELECOM: (
        "{place}这边信号一到晚上就断",
        "这个月莫名其妙多扣了{n}十块",
        "宽带报修{n}天没人上门",
        "套餐说改就改，短信都没有一条",
        "换号以后积分全没了",
        "视频会议卡成照片，测速只有{n}兆",
        "流量提醒收到的时候已经超了",
        "携号转网被卡了{n}天",
    ),
}
ZH_CLOSING = (
    "",
    "，什么时候能解决？",
    "，请给个说法。",
    "，急！",
    "，谢谢。",
    "，能不能派个人来看看？",
    "，别再让我打电话了。",
    "……",
    "，怎么办？",
    "，截图在下面。",
)
ZH_AGAIN = (
    "还没有人回我吗？",
    "补充一下：昨天也是这样",
    "又打了一次电话，还是没人接",
    "顶一下，等回复",
    "图已经私信了",
    "我还在等",
    "问题还在",
    "现在情况更糟了",
    "别沉啊",
    "麻烦尽快看看",
)
ZH_ALSO = ("我家也是！", "同问", "一样的情况，在{place}", "他们上次也这么对我", "支持楼主，要个结果", "原来不只我一个")
ZH_EDIT = "（更新：还没解决）"
ZH_CAMPAIGN = (
    "周末我们在{place}等你，带上你的问题来聊。",
    "服务时间提醒：今天照常。",
    "新的自助查询已经上线，欢迎试用。",
    "感谢大家的建议，我们记下了{n}条。",
    "小贴士：遇到问题请先留下联系时间。",
)
ZH_REPLY = (
    "您好，您说的情况已经记下，我们马上去核实，稍后给您回话。——{who}",
    "抱歉让您久等了，我来跟进这件事，方便的话请私信一个联系时间。——{who}",
    "看到了，已经转给负责的同事，今天之内给您答复。——{who}",
)
ZH_PLACES = ("南桥", "柳林", "河东", "新港", "石门", "东湖", "枫树", "银杏", "北站", "西园", "长塘", "望江")
ZH_THINGS = {
    APPLIANCES: ("洗衣机", "冰箱", "空调", "洗碗机", "热水器", "油烟机"),
    COMMERCE: ("台灯", "书包", "水壶", "雨衣", "耳机", "椅子"),
}
ZH_NAMES = (
    "小满",
    "阿柚",
    "木棉",
    "听雨",
    "北山",
    "豆子",
    "半夏",
    "橘灯",
    "拾光",
    "南风",
    "初七",
    "白鹭",
    "青团",
    "老赵",
    "海盐",
    "明月",
)

EN_OPENING = (
    "",
    "Hi there, ",
    "Third time asking: ",
    "Honestly, ",
    "Could somebody explain why ",
    "So, ",
    "Seriously? ",
    "Just so you know, ",
    "Help please - ",
    "Day two: ",
)
EN_MATTER = {
    GOVERNMENT: (
        "the street light on {place} Street has been dark for {n} days",
        "bins on {place} Road were skipped again",
        "the permit form logs me out on the last page",
        "the bus stop at {place} moved and nobody put up a sign",
        "there is a pothole on {place} Lane big enough to have its own postcode",
        "roadworks go on past {n} at night",
    ),
    APPLIANCES: (
        "my {thing} was repaired {n} times and still leaks",
        "the fitter did not turn up for {n} days",
        "the {thing} beeps all night and the manual is for another one",
        "the door of my {thing} came off after {n} months",
        "the warranty line just rings out",
        "I was billed for a part that is under warranty",
    ),
    COMMERCE: (
        "my parcel is marked delivered and it is not here",
        "the refund is {n} days late",
        "the {thing} arrived in pieces",
        "I was charged {n} times for one order",
        "the chat handed me to {n} people and none could help",
        "the voucher vanished when I pressed pay",
    ),
    AIRLINES: (
        "the flight is {n} hours late and the desk is empty",
        "my bag is still in {place}",
        "changing the date costs more than the ticket did",
        "you split up a family over {n} rows",
        "the wheelchair we booked was not there",
        "{n} days and no refund for a cancelled flight",
    ),
    TELECOM: (
        "there is no signal in {place} after dark",
        "the bill has {n}0 on it I never agreed to",
        "broadband down for {n} days and no engineer",
        "my plan changed without a word",
        "speed test says {n} Mbit, again",
        "porting my number has been stuck for {n} days",
    ),
}
EN_CLOSING = (
    "",
    ", please help.",
    ". What now?",
    ", any news?",
    ". Not great.",
    ", and it is getting old.",
    "!",
    ". Screenshot below.",
)
EN_AGAIN = (
    "Still waiting.",
    "Any update on this?",
    "It happened again just now.",
    "Sent you the number in a message.",
    "Nobody called back.",
    "Bumping this.",
    "Worse than this morning, by the way.",
)
EN_ALSO = ("Same here.", "Me too, in {place}.", "They did this to me last month.", "Following, want to know as well.")
EN_EDIT = " (edit: still not fixed)"
EN_CAMPAIGN = (
    "Meet us in {place} this weekend and bring your questions.",
    "We are here today as always.",
    "Our new self-service pages are up, have a look.",
    "Thank you for {n} good ideas this week.",
)
EN_REPLY = (
    "Sorry about that. I have your case now and will come back to you shortly. ^{who}",
    "Thanks for telling us, and sorry for the wait. Could you message us a good time to call? ^{who}",
    "Looking into it right now, more within the hour. ^{who}",
)
EN_PLACES = ("Marlow", "Eastgate", "Fenwick", "Harbour", "Oakley", "Saltmarsh", "Tannery", "Kestrel", "Willow", "Quay")
EN_THINGS = {
    APPLIANCES: ("washer", "fridge", "dishwasher", "oven", "boiler", "dryer"),
    COMMERCE: ("lamp", "kettle", "backpack", "chair", "headset", "raincoat"),
}
EN_NAMES = (
    "robin",
    "sorrel",
    "mika",
    "ade",
    "jun",
    "petra",
    "ollie",
    "tam",
    "noor",
    "ivo",
    "wren",
    "lena",
    "cass",
    "bex",
    "otto",
    "yara",
)


class Writer:
    """Writes in one language about one industry, by the given chance."""

    __slots__ = ("_random", "_things", "_zh", "industry")

    def __init__(self, industry: str, zh: bool, random: Random) -> None:
        self.industry = industry
        self._zh = zh
        self._random = random
        self._things = (ZH_THINGS if zh else EN_THINGS).get(industry, ("",))

    def complaint(self, handle: str) -> str:
        """A first post; it names the brand's account in one of two places."""
        pick = self._random.choice
        opening = pick(ZH_OPENING if self._zh else EN_OPENING)
        matter = self._filled(pick((ZH_MATTER if self._zh else EN_MATTER)[self.industry]))
        closing = pick(ZH_CLOSING if self._zh else EN_CLOSING)
        said = f"{opening}{matter}{closing}"
        if not self._zh:
            said = said[0].upper() + said[1:]
        return f"@{handle} {said}" if self._random.random() < 0.7 else f"{said} @{handle}"

    def again(self) -> str:
        """The same person, later."""
        return self._filled(self._random.choice(ZH_AGAIN if self._zh else EN_AGAIN))

    def also(self) -> str:
        """Somebody else in the same thread."""
        return self._filled(self._random.choice(ZH_ALSO if self._zh else EN_ALSO))

    def campaign(self) -> str:
        """The brand itself."""
        return self._filled(self._random.choice(ZH_CAMPAIGN if self._zh else EN_CAMPAIGN))

    def edited(self, text: str) -> str:
        """A post after its author changed it."""
        return text + (ZH_EDIT if self._zh else EN_EDIT)

    def _filled(self, phrase: str) -> str:
        if "{" not in phrase:
            return phrase
        pick = self._random.choice
        place = pick(ZH_PLACES if self._zh else EN_PLACES)
        return phrase.format(place=place, n=self._random.randint(2, 9), thing=pick(self._things))


def reply(zh: bool, who: str, turn: int) -> str:
    """What an agent answers."""
    phrases = ZH_REPLY if zh else EN_REPLY
    return phrases[turn % len(phrases)].format(who=who)
