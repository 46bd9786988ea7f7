//! Which words say little about which news is told, before anything was read?
//!
//! What an item's words weigh is learnt from the items that were seen. Until there are many of those,
//! and for words that happen to be in few of them, this is what one knows of newspapers beforehand.

use hashbrown::HashTable;

use super::{lexicon, spelling};
use crate::text::{Language, fold};

/// How common a word is in news.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Commonness {
    /// Nothing is known of it.
    Rare,
    /// It is in news of every kind.
    Everyday,
    /// It holds sentences together.
    Function,
}

impl Commonness {
    /// The share of stories that such a word is in.
    pub(super) fn share(self) -> f32 {
        match self {
            Commonness::Rare => 0.0005,
            Commonness::Everyday => 0.03,
            Commonness::Function => 0.3,
        }
    }
}

/// English words that hold sentences together.
const ENGLISH_FUNCTION: &str = "\
    a about above after again against all also although always am an and another any are around \
    as at away back be because been before being below between both but by can cannot could did \
    do does doing down during each either else even ever every few for from further get gets \
    getting go goes going gone got had has have having he her here hers herself him himself his \
    how however i if in into is it its itself just let lets like made make makes making many may \
    me might more most much must my myself need needs neither never no nor not now of off on \
    once one only onto or other others our ours out over own per put rather same she should \
    since so some still such take takes taking than that the their theirs them themselves then \
    there these they this those though through thus to together too toward towards under until \
    up upon us use used uses using very via was way we well were what when where whether which \
    while who whom whose why will with within without would yes yet you your yours";

/// English words that stand in news of every kind.
const ENGLISH_EVERYDAY: &str = "\
    say says said tell tells told new report reports reported news today yesterday tomorrow \
    monday tuesday wednesday thursday friday saturday sunday january february march april june \
    july august september october november december day days week weeks month months year years \
    time times hour hours minute minutes first second third last next late early latest recent \
    top big bigger biggest great good better best bad worse worst high higher highest low lower \
    lowest long short old young large small little world country countries nation national \
    international state states government city people man men woman women child children kid \
    kids family home house life work works working job jobs show shows showing see sees seen \
    look looks looking watch find finds found know think thinks want wants wanted come comes \
    coming came give gives given keep keeps call calls called ask asks asked try tries trying \
    help helps start starts started begin begins began end ends ended open opens close closes \
    closed run runs set sets turn turns move moves plan plans planned lead leads leading leader \
    leaders head heads hit hits cut cuts rise rises rising rose fall falls falling fell gain \
    gains drop drops raise raises raised grow grows growth boost boosts record records million \
    billion trillion percent cent pct number numbers two three four five six seven eight nine \
    ten hundred thousand half part business company companies firm firms market markets price \
    prices stock stocks share shares trade trading sale sales sell sells sold buy buys bought \
    deal deals pay pays paid cost costs money cash tax bank banks profit profits loss losses \
    earnings revenue results quarter quarterly annual forecast outlook update updates analysis \
    analyst analysts investor investors economy economic rate rates data study research \
    researchers scientists chief executive ceo president minister official officials former \
    senior police court case law judge trial charge charges charged arrest arrested death dead \
    die dies died kill kills killed attack attacks war fire school student students team game \
    games season player players win wins won winner lose loses lost beat beats film movie movies \
    tv series star stars music video videos photo photos live online internet web site app apps \
    phone phones technology tech computer media social review reviews guide tips things thing \
    reason reasons question questions answer answers read real really right left free full \
    public private political politics party election vote power health medical patients doctor \
    doctors hospital drug food water car cars air weather north south east west american \
    americans america uk british britain european europe china chinese india indian russia \
    russian german germany french france japan london york washington image images picture \
    pictures announces announced announce announcement release releases released launch launches \
    launched unveil unveils unveiled reveal reveals revealed claim claims claimed warn warns \
    warned warning face faces facing fear fears hope hopes talks talk meeting meet meets \
    agreement agree agrees agreed reach reaches despite amid ahead near far major key main \
    important possible likely expected expect expects expectations hold holds stay stays stop \
    stops bring brings brought join joins joined support supports seek seeks urge urges push \
    pushes offer offers offered break breaks breaking issue issues issued problem problems \
    change changes changed return returns service services group groups system systems project \
    program programme center centre office industry director board member members fan fans night \
    morning evening weekend holiday story stories book list line place point side name names age \
    fact facts feel feels love heart mind hand hands eye eyes body military army navy troops \
    soldier soldiers defence defense security foreign affairs ministry cabinet parliament \
    governor envoy envoys ambassador diplomat diplomats diplomatic relations ties cooperation \
    partnership partner partners alliance ally allies treaty pact accord summit visit visits \
    visited delegation agenda joint mutual bilateral regional region global local border coast \
    sea island peace conflict crisis violence protest protests rally sign signs signed exercise \
    exercises strengthen strengthens widen widens";

/// Words that hold sentences together, by language.
const FUNCTION_OF: [(&str, &str); 7] = [
    (
        "de",
        "der die das den dem des ein eine einen einem einer eines und oder aber nicht kein keine \
         mit von vor nach bei aus auf an am im in ist sind war waren wird werden wurde wurden \
         hat haben hatte kann soll will muss als wie wenn dass ob auch nur noch schon sehr mehr \
         wegen gegen durch um zum zur bis seit unter ihr ihre sein seine sich er sie es wir ich \
         du man neue neuer neues",
    ),
    (
        "fr",
        "le la les un une des du de au aux et ou mais ne pas plus par pour dans sur sous avec \
         sans chez entre est sont était être a ont avait fait faire se sa son ses leur leurs il \
         elle ils elles on nous vous je ce cet cette ces qui que quoi dont où comme après avant \
         contre vers selon depuis très tout tous toute nouveau nouvelle",
    ),
    (
        "es",
        "el la los las un una unos unas de del al y o pero no más por para en con sin sobre \
         entre es son era ser ha han fue se su sus lo le les que quien como cuando donde tras \
         ante contra desde hasta según muy todo todos este esta esto nuevo nueva",
    ),
    (
        "it",
        "il lo la gli le un uno una di del della dei delle dello al alla ai alle da dal dalla in \
         nel nella e o ma non più per con su tra fra è sono era ha hanno si suo sua loro che chi \
         come quando dove dopo prima contro fino molto tutti questo questa nuovo nuova",
    ),
    (
        "pt",
        "o a os as um uma de do da dos das ao à em no na nos nas e ou mas não mais por para com \
         sem sobre entre é são era foi ser tem se seu sua que quem como quando onde após contra \
         desde até muito todo este esta novo nova",
    ),
    (
        "nl",
        "de het een en of maar niet geen met van voor na bij uit op aan in is zijn was waren \
         wordt werd heeft hebben had kan zal wil moet als dan dat die dit deze ook nog wel meer \
         door om tot naar over onder zich hij zij wij nieuwe",
    ),
    (
        "ru",
        "и в во на не что с со как по из за от до о об у к ко а но или для при под над после \
         перед между это этот эта эти тот та те его ее их он она они мы вы я был была были быть \
         есть будет более уже еще только также может стал стала свои своих год года году лет",
    ),
];

/// How common words are, by the hash of their term.
#[derive(Debug)]
pub(super) struct Common(HashTable<(u64, Commonness)>);

impl Common {
    pub(super) fn new() -> Common {
        let mut known = HashTable::new();
        let mut add = |words: &str, language: &str, common: Commonness| {
            let language = Language::of(language);
            for word in words.split_whitespace() {
                let term = spelling::normal(&fold(word), language);
                let hash = lexicon::hash(&term);
                let known = known.entry(hash, |(one, _)| *one == hash, |(one, _)| *one);
                known.insert((hash, common));
            }
        };
        for (language, words) in FUNCTION_OF {
            add(words, language, Commonness::Function);
        }
        add(ENGLISH_EVERYDAY, "en", Commonness::Everyday);
        add(ENGLISH_FUNCTION, "en", Commonness::Function);
        Common(known)
    }

    /// How common the term is that has this hash.
    pub(super) fn of(&self, hash: u64) -> Commonness {
        let known = self.0.find(hash, |(one, _)| *one == hash);
        known.map_or(Commonness::Rare, |(_, common)| *common)
    }
}
