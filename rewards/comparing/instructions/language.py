"""Which language a text is in: by its script, else by its commonest words and the letters that only it has.

IFEval asks langdetect, a trained model. The rule gives the same verdict on a sentence or more in one language, and may
give another on a few words, several languages, or capitals, which langdetect often takes for another language.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from functools import cache

from rewards.comparing.words import words_of

_MAX_CHARS = 20_000
_SCRIPTS = (
    (0x41, 0x24F, "latin"), (0x400, 0x52F, "cyrillic"), (0x590, 0x5FF, "he"), (0x600, 0x6FF, "arabic"),
    (0x900, 0x97F, "devanagari"), (0x980, 0x9FF, "bn"), (0xA00, 0xA7F, "pa"), (0xA80, 0xAFF, "gu"),
    (0xB80, 0xBFF, "ta"), (0xC00, 0xC7F, "te"), (0xC80, 0xCFF, "kn"), (0xD00, 0xD7F, "ml"), (0xE00, 0xE7F, "th"),
    (0x1E00, 0x1EFF, "latin"), (0x3040, 0x30FF, "kana"), (0x3400, 0x9FFF, "han"), (0xAC00, 0xD7A3, "ko"),
)  # fmt: skip
"""First and last character, and the script, or the language where it has one of its own."""
_STARTS = [first for first, _, _ in _SCRIPTS]
_WORDS = {
    "latin": {
        "en": "the of and to in is that it for was on are as with his they at be this have from or by not but what all "
        "i am my you your we our he she has will can there if when which",
        "es": "de la que el en y los se del las un por con no una su para es al lo como más pero sus le ya o este sí",
        "pt": "de que e o a do da em um para com não uma os no se na por mais as dos como mas ao ele das à seu sua ou",
        "fr": "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec ou",
        "de": "der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus",
        "it": "di e il la che in un a per è una sono con non del le si da della come i dei gli nel alla più al lo ma",
        "pl": "i w na z do się nie to jest że o jak po co tak za od przez dla ale jego są przy który oraz tym być czy",
        "vi": "của và là có được cho không một trong những các với người này đã để khi đến về như cũng từ ở ra nhưng",
        "sw": "na ya wa kwa ni za katika la cha kuwa hii huo au pia kama hiyo watu wake yake sana lakini ili yao si",
        "fi": "ja on ei se että hän oli joka mutta kun niin kuin myös tai sen ovat ole olla mukaan kanssa hyvin tämä",
        "nl": "de het een en van is dat op te zijn voor met die niet aan er om ook als bij naar nog maar dan door",
        "tr": "ve bir bu da de için ile çok olarak daha olan gibi kadar ama en sonra her ne o mi var değil ise ya",
        "id": "yang dan di dengan untuk ini itu dari pada tidak dalam akan adalah juga ke oleh karena sebagai ada atau",
        "sv": "och att det i en som är av för på med den till inte om ett han var har jag de men från vi så kan när",
        "da": "og at det i en er af for på med den til ikke om et han var har jeg de men fra vi så kan når også hun",
        "ro": "și de în la a cu pe nu este că un o din se care mai pentru sunt ce să au fost ca dar sau prin lui era",
    },
    "cyrillic": {
        "ru": "и в не на что с он как это по но из у за от то был для все его так мы они же бы к она или ещё уже",
        "uk": "і в не на що з він як це та до але із за від було для все його так ми вони же й у вона або ще вже є",
        "bg": "и в не на че с той като това по но от за да се са е до със или още вече ще ли му тя как при защото",
    },
    "devanagari": {
        "hi": "है के में की का से को और पर यह हैं कि एक ने नहीं लिए भी इस था हो कर तो ही या थे जो",
        "mr": "आहे आणि या हे ते च्या व आहेत होते मध्ये नाही एक त्या की होता साठी तर हा ही मी काय करून",
        "ne": "छ र को मा हो यो पनि छन् लाई गर्न थियो भएको एक तर गरेको हुन् छैन गर्ने भने र हरु",
    },
    "arabic": {
        "ar": "في من على أن إلى عن مع هذا التي لا ما كان هذه الذي كل أو قد هو بين هي ذلك",
        "fa": "و در به از که این را با است برای آن یک می های هم شد خود تا بر ها نیز بود",
        "ur": "کے میں کی ہے اور سے کا کو یہ پر کہ نے ہیں ایک بھی اس نہیں تھا ہو کر جو لئے",
    },
}  # fmt: skip
_OWN_LETTERS = {
    "cyrillic": {"ru": "ыэё", "uk": "іїєґ", "bg": ""},
    "arabic": {"ur": "ٹڈڑںے", "fa": "پچژگ", "ar": "ةىإ"},
}


LANGUAGES = (
    "ar", "bg", "bn", "de", "en", "es", "fa", "fi", "fr", "gu", "he", "hi", "it", "ja", "kn", "ko", "ml", "mr", "ne",
    "pa", "pl", "pt", "ru", "sw", "ta", "te", "th", "uk", "ur", "vi",
)  # fmt: skip
"""The languages that IFEval asks for, by their codes in ISO 639-1."""


def in_language(text: str, *, language: str) -> bool:
    """It is in the language; what has no letters is in any, as IFEval has it."""
    return language_of(text) == language or not any(map(_script, text))


def english_capitals(text: str) -> bool:
    """It is in English and in capital letters only."""
    return text.isupper() and in_language(text, language="en")


def english_lower_case(text: str) -> bool:
    """It is in English and in lower-case letters only."""
    return text.islower() and in_language(text, language="en")


def language_of(text: str) -> str:
    """The ISO 639-1 code of the language that most of a text is in; empty where it has no letters, or no known words.

    >>> [language_of(text) for text in ("The cat sat on the mat.", "Это был он.", "猫が座った", "మంచి రోజు", "123")]
    ['en', 'ru', 'ja', 'te', '']
    """
    text = text[:_MAX_CHARS].casefold()
    scripts = Counter(filter(None, map(_script, text)))
    if not scripts:
        return ""
    if scripts["kana"] and scripts["kana"] + scripts["han"] > scripts.total() / 2:
        return "ja"
    script, _ = scripts.most_common(1)[0]
    return _by_words(text, script) if script in _WORDS else {"han": "zh", "kana": "ja"}.get(script, script)


def _script(character: str) -> str:
    place = bisect_right(_STARTS, ord(character)) - 1
    if place < 0 or not character.isalpha():
        return ""
    _, last, script = _SCRIPTS[place]
    return script if ord(character) <= last else ""


def _by_words(text: str, script: str) -> str:
    words = Counter(word.strip(".,;:!?\"'()[]«»“”„…*_#।؟،-") for word in words_of(text))
    found = {name: sum(words[word] for word in common) for name, common in _common(script).items()}
    for name, letters in _OWN_LETTERS.get(script, {}).items():
        found[name] += sum(text.count(letter) for letter in letters)
    best = max(found, key=lambda name: found[name])
    return best if found[best] else ""


@cache
def _common(script: str) -> dict[str, frozenset[str]]:
    return {name: frozenset(words.split()) for name, words in _WORDS[script].items()}
