"""The words and phrases of test_prose.py. Extend them where one is missing."""

# The first word of a function's docstring is one of these.
VERBS = """
abort accept acknowledge acquire act add adopt advance allow alter analyse announce answer append apply argue ask
assert assign attach audit authenticate await back begin bind block book bound break bring broadcast build bump cache
calculate call cancel cap capture catch change check choose claim clean clear clone close collect combine commit
compare compile complete compose compress compute configure confirm connect construct consume contain continue convert
copy correct count crash create cut deactivate debug decide declare decode decompress decorate decrypt defer define
delay delete deliver deny derive describe deserialise detach detect determine disable discard disconnect display do
download drain draw drop dump edit emit empty enable encode encrypt end enforce enqueue ensure enter escape establish
estimate evaluate examine exchange exclude execute exercise exit expand expect expire explain export expose extend
extract fail fall fetch fill filter find finish fix flatten flush follow forbid force forget fork format forward
freeze generate get go grant greet group guard guess handle hash hide hold identify ignore implement import include
increment index infer inherit initialise inject insert inspect install instrument interpret interrupt invalidate
invoke issue iterate join keep kill label launch lay lead learn leave lend let limit link list listen load locate lock
log look lower mail make map mark mask match measure mention merge migrate mirror mock modify mount move name narrow
normalise note notify number observe omit open order override pack pad parse partition pass patch perform persist pick
ping place poll populate postpone prepare prevent print process produce prompt propagate protect provide prune publish
purge push put query queue quote raise rank read rebuild receive recognise reconcile record recover redact redirect
reduce refer refresh refuse regenerate register reindex reject relay release reload relocate remind remove rename
render renew reopen repeat replace reply report represent request require resend reserve reset resolve respond restart
restore restrict resume retrieve retry return reuse revert revoke rewrite roll rotate round route run sanitise save
scan schedule scope seal search seed select send separate serialise serve set shift shorten show shut sign silence
simulate skip sleep soft-delete sort speed split squash stage start stop store stream strip submit subscribe
substitute subtract suggest sum supply suppress surround survey suspend swap switch synchronise take test throttle tie
time touch trace track transfer transform translate traverse trim truncate try turn type undo unify uninstall unlock
unpack unset update upgrade upload use validate verify visit wait walk warm warn watch widen withdraw work wrap write
yield
"""
# These verbs are nouns too, so the docstring of a class or module may begin with them: "Request context".
NOUNS = """
abort act answer audit back block book bound break build bump cache call cap capture catch change check claim clone
commit copy count crash cut debug delay dispatch display download drain draw drop dump edit end escape estimate
exchange exercise exit export extract fetch fill filter find fix flush force fork format forward freeze grant group
guard guess handle hash hold import increment index insert instrument interrupt issue join kill label launch lead
limit link list load lock log look mail make map mark mask match measure mention merge mirror mock mount move name
note number open order override pack pad parse pass patch pick ping place poll print process prompt purge push query
queue quote raise rank read record refresh relay release reload rename reply report request reset retry return reuse
roll round route run save scan schedule scope seal search seed set shift show sign silence sleep sort speed split
stage start stop store stream strip sum supply survey swap switch test throttle time touch trace track transfer
transform trim try turn type undo update upgrade upload use visit wait walk watch work wrap yield
"""
# Before one of these they are verbs: "Request the context".
DETERMINERS = "a all an any each every its no some the their these this what which"
# No docstring begins with one of these.
RELATIVE_WORDS = """
how if nor not so that those what whatever when where wherever whether which whichever while who whoever whom whose why
"""
# The docstring of a class or module does not begin with these either.
OTHER_WORDS = """
after also although anybody anyone anything as at because before below beside by does everybody everyone for from has
have here in into is it its just lest let like nobody nothing of on only or otherwise out over same somebody someone
something such than then there they this though through to under unless until upon with without yet
"""
# Regular expressions of phrases, with the words to use instead. A space also matches a line break.
PHRASES = {
    r"mend(s|ed|ing)?": "fix",
    r"anew": "again, new",
    r"of before": "previous, old",
    r"signs? of life": "health check, heartbeat, response",
    r"(somebody|someone|anybody)(?![@.])": "the role: client, caller, user, another process",
    r"who may": "permissions, roles",
    r"(whoever|whom)": "the client, caller, user or code that …",
    r"(?<!the\s)none is": "no … is, missing",
    r"(is|are|was|were) (not |none )?to be": "must, will",
    r"so many (?!of)": "the number of, this many, at most …",
    r"as \w+ has (it|them)": "as … defines it",
    r"(what|that|which) (is|are|was|were) there": "existing",
    r"(is|are) not there": "missing, does not exist",
    r"will (not )?do(?=[.,;:\"'\s]|$)": "be valid, be allowed, suffice",
    r"(no longer|not|still) good": "expired, invalid, valid",
    r"(found|find|finds) out": "determine, detect",
    r"(give|gives|given|gave) (back|on)": "return, pass on",
    r"(tell|tells) (what|which|who|where|whether|how|that|of|the|it|them|a|an)": "report, return, show",
    r"(is|are|was|were|be|been|has|have|had) (told|said)(?!\sapart)": "report, log, state",
    r"for ever": "forever, without a limit",
    r"in (vain|peace)": "without success, cleanly",
    r"(hear|hears|heard) of": "be notified of, receive",
    r"those who": "clients or users that",
    r"(goes|went) on(?=[.,;]|\s(at|with|from|until|where|as|by|in|the)\b)": "continue",
    r"rested": "idle",
    r"of a sudden": "suddenly, concurrently",
    r"(lead|leads|led) nowhere": "be invalid, refer to nothing",
    r"laid (beside|aside)": "written beside, set aside",
    r"(take|takes|taken|took) back": "undo",
    r"(sees|see) to it": "ensure",
    r"(whence|thence|thereof|therein|hitherto|lest|wherein|whereof)": "plain words",
}
