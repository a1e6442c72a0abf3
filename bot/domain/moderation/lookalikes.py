"""Letters that pass for Latin ones: what Unicode's TR39 calls confusable, as far as words are spelled by it.

Compatibility forms (full-width, mathematical, circled) and accents are unified before, by Unicode itself.
"""

from __future__ import annotations

from typing import Final

# After a Latin letter, those that are taken for it: Cyrillic, Greek, Armenian, Cherokee, Lisu, Coptic,
# phonetic and small capitals, letters with strokes and hooks.
_ALIKE: Final[dict[str, str]] = {
    "a": "аɑαᴀɐАΑᎪꓮΔΛⲀꭺåⱥ",
    "b": "ЬьБбвВβΒʙᏴꓐɓƀƄɃᏏꮟ",
    "c": "сСϲϹᴄⅽↄɔᏟꓚⲤçćƈȼⲥꮯ",
    "d": "ԁԀᎠꓓɗđðᴅԃⅾժÐɖꭰ",
    "e": "еЕεΕΣєЄᴇɛəҽᎬꓰ℮ёɘǝƐⲈⲉꭼɇ",
    "f": "ƒғҒϝϜꓝᖴꜰẝƑք",
    "g": "ɡɢԍԌցɠģǥᏀꓖƍɣ",
    "h": "һҺнНΗʜհᎻꓧⲎħɦңҢЋћꮋ",
    "i": "іІιΙɪıӏɩїΪᎥꓲⲒɨὶꭵ",
    "j": "јЈϳᎫꓙյʝɉᴊȷꭻ",
    "k": "кКκΚᴋқҚҝƙᏦꓗⲔĸⱪⲕꮶ",
    "l": "ʟⅼℓłɭⳑᏞꓡŀƚɫⱡլꮮ",
    "m": "мМΜᴍɱᎷꓟⲘⅿϻϺӍӎꮇ",
    "n": "пηΝɴոռŋɲΠπꓠⲚήƞղ",
    "o": "оОοΟσᴏөӨօՕ०๐໐ⲞꓳⲟøØɵθס",
    "p": "рРρΡᴘᏢꓑⲢƥҏⲣꮲ",
    "q": "ԛԚզգʠɋϙ",
    "r": "гГяЯʀɾɼɽᎡꓣᏒѓɍⲅꭱꮢᴦ",
    "s": "ѕЅꜱʂշᏚꓢടƨꮪ",
    "t": "тТτΤᴛţŧƭᎢꓔⲦŦʈҭҬⲧꭲ",
    "u": "υцսʋᴜμՍꓴᑌƱµ",
    "v": "νѵѴᴠⅴᏙꓦ∨ʌꮩ",
    "w": "ѡшШщωɯᴡԝԜᎳꓪաɰꮃ",
    "x": "хХχΧҳҲⅹᕁꓫⲬⲭ",
    "y": "уУүҮγΥʏყɏΨўЎƴҰұⲨꓬґꭚ",
    "z": "ᴢΖʐżƶᏃꓜⲌȥʑⱬꮓ",
}
_SMALL: Final = ord("a")
_IN_A_SQUARE: Final = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)  # squared, dark circled and squared, of flags

LETTERS: Final[dict[int, str]] = {
    **{ord(alike): letter for letter, others in _ALIKE.items() for alike in others},
    **{first + place: chr(_SMALL + place) for first in _IN_A_SQUARE for place in range(26)},
}

# What is written for a letter in between others. 1 is an i here and an l there.
SIGNS: Final = str.maketrans("023456789@$§€£¢¥+!|¡", "ozeasgtbgasselcyt111")
