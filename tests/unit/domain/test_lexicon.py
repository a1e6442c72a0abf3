"""Word rules find disguised words, and leave ordinary prompts alone."""

from __future__ import annotations

from random import Random
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.moderation.folding import MAX_FOLDED_CHARS, bared, folded
from bot.domain.moderation.lexicon import Hit, Lexicon
from bot.domain.moderation.rules import Match, WordRule
from bot.domain.request.errors import PromptFault, PromptRefused

WORDS: Final = (
    *("ass", "shit", "fuck", "cunt", "cock", "dick", "tits", "cum", "sex", "porn", "nude", "rape", "rapist"),
    *("anal", "nazi", "blood", "gore", "kill", "suicide", "self harm", "c++"),
)
TOLERANT: Final = Lexicon(WordRule(word, is_pattern=False, match=Match.TOLERANT) for word in WORDS)
EXACT: Final = Lexicon(WordRule(word, is_pattern=False) for word in WORDS)

SHOWING_NOTHING: Final = {
    "a zero-width space": "bl\u200bood",
    "a zero-width joiner": "bl\u200dood",
    "a soft hyphen": "bl\u00adood",
    "a word joiner": "bl\u2060ood",
    "a byte order mark": "\ufeffbl\ufeffood",
    "a variation selector": "blo\ufe0fod",
    "a selector of ideographs": "bl\U000e0101ood",
    "a grapheme joiner": "b\u034flood",
    "a Hangul filler": "bl\u3164ood",
    "a turn of direction": "bl\u202e\u202cood",
    "a tag": "blood\U000e0041",
    "a control": "bl\x00ood",
}
PLAIN: Final = {
    "underscores around it": "_blood_",
    "markdown": "**blood**",
    "capitals": "BLOOD",
    "full width": "ｂｌｏｏｄ",
    "mathematical letters": "𝕓𝕝𝕠𝕠𝕕",
    "circles": "ⓑⓛⓞⓞⓓ",
    "marks heaped on letters": "b\u0336l\u0336o\u0336o\u0336d\u0336",
    "a phrase with a dash": "self-harm",
}
DISGUISED: Final = {
    "accents": "blóöd",
    "Cyrillic": "blооd",
    "Greek": "blοοd",
    "small capitals": "ʙʟᴏᴏᴅ",
    "dark squares": "🅱🅻🅾🅾🅳",
    "brackets": "⒝⒧⒪⒪⒟",
    "zeros": "bl00d",
    "a one for an l": "b1ood",
    "a capital I for an l": "bIood",
    "dollars": "a$$",
    "an exclamation mark": "sh!t",
    "many signs": "5h1+",
    "a number behind it": "blood666",
    "repeated letters": "bloooood",
    "spaced letters": "b l o o d",
    "spaced letters behind an article": "a b l o o d bath",
    "spaced digits": "b l 0 0 d",
    "dots": "b.l.o.o.d",
    "dashes": "b-l-o-o-d",
    "underscores in it": "b_l_o_o_d",
    "a phrase in one": "s3lfh4rm",
    "a phrase spaced": "s e l f h a r m",
    "signs and repeats": "FUUUU(K fuuuu¢k",
    "all at once": "B  L  ０  о́  \u200bD",
    "a slash": "bl/ood",
    "a blank in it": "bl ood",  # may pass: nobody could write 'the pen is red' any more
}


def found(lexicon: Lexicon, text: str) -> list[Hit]:
    return list(lexicon.matches(folded(text), text).values())


@pytest.mark.parametrize("spelling", [*SHOWING_NOTHING.values(), *PLAIN.values()])
def test_what_shows_nothing_and_what_is_but_a_form_hides_no_word(spelling: str) -> None:
    (hit,) = found(EXACT, f"much {spelling} here")
    assert hit.level is Match.EXACT


def test_disguised_words_are_found_by_tolerant_rules() -> None:
    spellings = SHOWING_NOTHING | PLAIN | DISGUISED
    passing = [name for name, spelling in spellings.items() if not found(TOLERANT, f"so {spelling}, much")]
    assert len(spellings) == 46
    assert passing == ["a blank in it"]


def test_an_exact_rule_finds_no_disguise() -> None:
    assert [name for name, spelling in DISGUISED.items() if found(EXACT, spelling)] == []


# --- ordinary prompts --------------------------------------------------------------------------------


def _listed(text: str) -> list[str]:
    return [" ".join(item.split()) for item in text.split(";")]


THINGS: Final = _listed("""
classic car; grass field; therapist; bass player; cocktail bar; peacock; cockatoo; analyst;
canal in Venice; Essex village; Scunthorpe station; Dickens novel; Titian painting; title page;
titan; assassin's cloak; glass vase; brass band; compass rose; passenger train; grape harvest;
drape; bloodhound; bloodstone ring; Kilimanjaro; skill tree; painkiller poster; document; cucumber;
circumference; accumulator; sextant; sextet; sussex downs; nudelsuppe; Nazca lines;
suicidal clown fish; shiitake mushroom; shirt; shih tzu; porcelain cup; popcorn; acorn; unicorn;
harmless robot; elf archer; shelf of harmonicas; gorgeous sunset; gorge; gorilla; algorithm;
C major chord; pen is on the desk; swan; analog synth; banal street; massage chair; as-is array;
grandmother; lighthouse; dragon; cathedral; spaceship; fox; teapot; bicycle; market; library;
glacier; orchid; 1950s diner; MiG-15; Boeing 747; A4 sheet; B2B meeting; route 66; 4x4 truck; PS5;
Mp3 player; i7 processor; R2D2 toy; C-3PO figure; H2O molecule; No. 5 perfume; 3D print; 0 gravity;
O2 arena; iPhone; WiFi router; McLaren; Straße in Köln; Bär im Wald; Mädchen mit Hut;
fête de la musique; niño con perro; gato negro; красная площадь зимой; кот на окне; старый корабль;
γάτα στο παράθυρο; 東京の夜景; 고양이; قطة على النافذة
""")
STYLES: Final = _listed("""
oil painting; 35mm film, f/1.8, ISO 400; 8k, 4k uhd, hdr; --ar 16:9 --v 5; low poly; ukiyo-e;
bokeh!!; (masterpiece:1.2), best quality; 1/250 s shutter; art deco poster;
in the style of the 1890s; CMYK, 300 dpi; isometric, 45°; black & white; soooo cute; W I D E angle;
macro, 100 mm; watercolour, A3; pixel art 16x16; golden hour @ 6pm; $5 bill on the table;
100% cotton; e.g. baroque; i.e. very old; v2.0 final_final; u.s.a. flag; P.S. no text; a/b test;
x-ray; hmmmm; so so good; letters A B C D E on blocks; 1 2 3 4 5; T h e E n d
""")
PLACES: Final = _listed("""
at dawn; by the sea; under a red sky; in a small town; on Mars; inside a snow globe; at 12:30
""")


def ordinary_prompts(number: int) -> list[str]:
    chance = Random(20261125)
    prompts: dict[str, None] = {}
    while len(prompts) < number:
        things = chance.sample(THINGS, chance.randint(1, 3))
        parts = [
            f"{chance.choice(('a', 'the', 'one', 'my', 'an old', 'I see a'))} {thing}" for thing in things
        ]
        parts += chance.sample(STYLES, chance.randint(0, 2))
        between = chance.choice((", ", " and ", " - ", ". ", " / "))
        prompts[f"{between.join(parts)} {chance.choice(PLACES)}"] = None
    return list(prompts)


def test_ordinary_prompts_pass() -> None:
    prompts = ordinary_prompts(10_000)
    refused = [prompt for prompt in prompts if found(TOLERANT, prompt)]
    assert len(refused) <= len(prompts) * 0.005, refused[:5]
    assert not any(found(EXACT, prompt) for prompt in prompts)


# --- how it reads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "text", "is_hit"),
    [
        ("cat", "a catalogue", False),
        ("ass", "as", False),  # a letter is repeated, never left out
        ("ass", "455 people", False),  # a number is no word
        ("boob", "8008", False),
        ("lo", "10 or l0", True),
        ("ball", "bail, fail and b4i1", False),  # one sign is not two letters
        ("ball", "b41l", True),
        ("mississippi", "m1ss1ss1pp1", True),
        ("ill", "1ll", True),
        ("x", "x", True),
        ("x", "×", False),
        ("69", "six69", False),
        ("69", "69", True),
        ("c++", "learn c++ now", True),
        ("c++", "learn c now", False),
        ("c++", "abc++ c++d", True),
        ("+c", "a+c", True),
        ("ab+", "cab+", False),
        ("ab+", "cab+ ab+", True),
        ("red cat", "a red\n cat", True),
        ("red cat", "red, cat", True),
        ("red cat", "red", False),
        ("red cat", "a red dog", False),
        ("don't", "do not, d0n't", True),
        ("हिन्दी", "यह हिन्दी है", True),
        ("हि", "हिन्दी", False),
        ("кот", "рыжий кот", True),
        ("cat", "c a tt", True),
        ("cat", "c a t s", False),
        ("cat", "x c a t", False),
        ("cat", "i c a t", True),
        ("bar", "Bär", True),
    ],
)
def test_how_a_tolerant_rule_reads(rule: str, text: str, is_hit: bool) -> None:
    lexicon = Lexicon([WordRule(rule, is_pattern=False, match=Match.TOLERANT)])
    assert bool(found(lexicon, text)) is is_hit


@pytest.mark.parametrize(
    ("rule", "text", "is_hit"),
    [
        ("bar", "Bär", False),
        ("red cat", "red, cat", False),
        ("red cat", "red_cat", True),
        ("straße", "STRASSE", True),
        ("İ", "i", True),
        ("⠀", "a b", False),
    ],
)
def test_how_an_exact_rule_reads(rule: str, text: str, is_hit: bool) -> None:
    assert bool(found(Lexicon([WordRule(rule, is_pattern=False)]), text)) is is_hit


def test_a_hit_says_what_was_read() -> None:
    lexicon = Lexicon(WordRule(word, is_pattern=False, match=Match.TOLERANT) for word in ("blood", "red cat"))
    assert [(hit.level, hit.read_as) for hit in found(lexicon, "r3d c@t, BLOOD")] == [
        (Match.EXACT, "blood"),
        (Match.TOLERANT, "red cat"),
    ]


def test_a_text_that_unfolds_past_all_bounds_is_refused() -> None:
    with pytest.raises(PromptRefused) as refused:
        folded("\ufdfa" * 2_000)
    assert (refused.value.fault, refused.value.length) == (PromptFault.UNFOLDS, 36_000)
    assert len(folded("x" * MAX_FOLDED_CHARS)) == MAX_FOLDED_CHARS


@given(st.text(max_size=60), st.text(max_size=200))
def test_any_rule_finds_itself_or_is_blank(rule: str, around: str) -> None:
    lexicon = Lexicon([WordRule(rule, is_pattern=False, match=Match.TOLERANT)])
    text = f"{around} {rule} {around}"
    assert bared(text) is not None
    if folded(rule).strip():
        assert found(lexicon, text)
