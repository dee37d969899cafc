"""How an answer is announced ("Answer:", "la respuesta correcta es", 答案是), language by language.

The one table of these words: numbers, labels, lists, choices and mathematics all read it, so that a language that is
added here is read by every component.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from itertools import islice
from typing import Final, NamedTuple

_MAX_WORDS: Final = 8
_MARK: Final = "[:\uff1a=\u2192]"


class Language(NamedTuple):
    """Nouns divided by commas, other words by spaces, in lower case.

    `answer` is what any answer is called and `result` what that of a calculation is; `label` is what is found in a
    text, `choice` what else announces one of several. `beside` are articles and adjectives around a noun, and `links`
    the verbs between it and the answer.
    """

    answer: str
    result: str
    label: str
    beside: str
    links: str
    choice: str = ""


LANGUAGES = {
    "en": Language(
        "answer, ans",
        "result, solution",
        "total, sum, label, labels, keyword, keywords, tag, tags, category, categories, class, intent, intents, topic,"
        " topics, classification, prediction, verdict, decision, sentiment, priority, output, type",
        "the my so therefore thus hence final correct right predicted best",
        "is are",
        "option, choice, letter",
    ),
    "de": Language(
        "antwort",
        "ergebnis, endergebnis, lösung",
        "klassifikation, klassifizierung, schlüsselwort, schlüsselwörter, schlagwort, schlagwörter, stichwort,"
        " stichwörter, kategorie, kategorien, klasse, thema, summe",
        "die das meine richtige korrekte endgültige finale also",
        "ist lautet sind wäre",
        "buchstabe, richtig ist, wähle",
    ),
    "fr": Language(
        "réponse, reponse",
        "résultat, solution",
        "mot clé, mots clés, catégorie, catégories, étiquette, étiquettes, classe, classification, total, somme",
        "la le les ma bonne correcte exacte juste finale donc",
        "est sont",
        "lettre, choisis",
    ),
    "es": Language(
        "respuesta",
        "resultado, solución",
        "palabra clave, palabras clave, categoría, categorías, categoria, etiqueta, etiquetas, clase, clasificación",
        "la las el los mi correcta final",
        "es son",
        "opción, letra, alternativa, elijo",
    ),
    "pt": Language(
        "resposta",
        "resultado, solução",
        "palavra chave, palavras chave, categoria, categorias, etiqueta, etiquetas, rótulo, classe, classificação",
        "a as o os minha correta certa final",
        "é são",
        "opção, letra, alternativa",
    ),
    "it": Language(
        "risposta",
        "risultato, soluzione",
        "parola chiave, parole chiave, categoria, etichetta, etichette, classe, classificazione, totale",
        "la le il mia corretta esatta giusta finale",
        "è é sono",
        "opzione, lettera",
    ),
    "ca": Language(
        "resposta", "resultat, solució", "categoria, etiqueta, paraules clau", "la el correcta final", "és són"
    ),
    "ro": Language(
        "răspuns, răspunsul",
        "rezultat, rezultatul, soluția",
        "categorie, categoria, etichetă, cuvinte cheie",
        "corect final",
        "este e sunt",
    ),
    "nl": Language(
        "antwoord",
        "resultaat, oplossing, uitkomst",
        "categorie, label, trefwoord, trefwoorden, klasse, totaal",
        "het de mijn juiste goede correcte definitieve uiteindelijke",
        "is zijn",
    ),
    "sv": Language(
        "svar, svaret",
        "resultat, resultatet, lösning, lösningen",
        "kategori, etikett, nyckelord, klass",
        "det mitt rätt rätta korrekt korrekta slutligt slutliga",
        "är",
    ),
    "da": Language(
        "svar, svaret",
        "resultat, resultatet, løsning, løsningen",
        "kategori, etiket, nøgleord, klasse",
        "det mit rigtige korrekte endelige",
        "er",
    ),
    "no": Language(
        "svar, svaret",
        "resultat, resultatet, løsning, løsningen",
        "kategori, etikett, nøkkelord, stikkord, klasse",
        "det mitt rett riktig riktige korrekt korrekte endelig endelige",
        "er",
    ),
    "is": Language("svar, svarið", "niðurstaða, lausn", "flokkur, lykilorð", "rétt rétta", "er"),
    "fi": Language(
        "vastaus", "tulos, ratkaisu", "luokka, kategoria, tunniste, avainsanat", "oikea lopullinen", "on ovat"
    ),
    "et": Language("vastus", "tulemus, lahendus", "kategooria, silt, märksõnad", "õige lõplik", "on"),
    "lv": Language("atbilde", "rezultāts, risinājums", "kategorija, atslēgvārdi", "pareizā galīgā", "ir"),
    "lt": Language("atsakymas", "rezultatas, sprendimas", "kategorija, raktažodžiai", "teisingas galutinis", "yra"),
    "pl": Language(
        "odpowiedź",
        "wynik, rozwiązanie",
        "kategoria, etykieta, słowa kluczowe, klasa",
        "moja prawidłowa poprawna właściwa ostateczna końcowa",
        "to jest",
    ),
    "cs": Language(
        "odpověď",
        "výsledek, řešení",
        "kategorie, štítek, klíčová slova, třída",
        "má správná konečná finální",
        "je zní",
    ),
    "sk": Language(
        "odpoveď", "výsledok, riešenie", "kategória, štítok, kľúčové slová", "správna konečná finálna", "je znie"
    ),
    "sl": Language(
        "odgovor", "rezultat, rešitev", "kategorija, oznaka, ključne besede", "pravilen pravilni končni", "je"
    ),
    "hr": Language(
        "odgovor",
        "rezultat, rješenje",
        "kategorija, oznaka, ključne riječi",
        "točan točni tačan tačni ispravan konačan konačni",
        "je",
    ),
    "sr": Language(
        "одговор", "резултат, решење", "категорија, ознака, кључне речи", "тачан тачни исправан коначан коначни", "је"
    ),
    "bg": Language(
        "отговор, отговорът",
        "резултат, решение",
        "категория, етикет, ключови думи",
        "верен верният правилен правилният окончателен крайният",
        "е",
    ),
    "ru": Language(
        "ответ",
        "результат, решение",
        "ключевые слова, категория, класс, метка, метки",
        "мой правильный верный окончательный итоговый",
        "это",
        "вариант",
    ),
    "uk": Language(
        "відповідь",
        "результат, розв'язок",
        "ключові слова, категорія, мітка",
        "моя правильна вірна остаточна",
        "це",
    ),
    "hu": Language(
        "válasz", "eredmény, végeredmény, megoldás", "kategória, címke, kulcsszavak", "a az helyes végső", ""
    ),
    "el": Language("απάντηση", "αποτέλεσμα, λύση", "κατηγορία, ετικέτα, λέξεις κλειδιά", "η το σωστή τελική", "είναι"),
    "tr": Language(
        "cevap, cevabı, yanıt, yanıtı",
        "sonuç, çözüm",
        "kategori, etiket, anahtar kelimeler, sınıf",
        "doğru nihai son",
        "",
    ),
    "id": Language(
        "jawaban, jawabannya", "hasil, solusi", "kategori, label, kata kunci, kelas", "yang benar tepat akhir", "adalah"
    ),
    "ms": Language("jawapan", "hasil, keputusan", "kategori, kata kunci", "yang betul akhir", "ialah adalah"),
    "vi": Language(
        "đáp án, đáp số, câu trả lời",
        "kết quả",
        "nhãn, danh mục, phân loại, từ khóa, từ khoá",
        "đúng chính xác cuối cùng của tôi",
        "là",
    ),
    "tl": Language("sagot", "resulta", "kategorya", "ang tamang tama huling", "ay"),
    "sw": Language("jibu", "matokeo", "jamii, lebo", "sahihi la mwisho", "ni"),
    "he": Language("תשובה, התשובה", "תוצאה, פתרון", "קטגוריה, תווית, מילות מפתח", "נכונה הנכונה סופית הסופית", "היא"),
    "ar": Language(
        "إجابة, الإجابة, الجواب",
        "النتيجة, الحل",
        "الفئة, التصنيف, الكلمات المفتاحية",
        "الصحيحة الصحيح النهائية النهائي",
        "هي هو",
    ),
    "fa": Language("پاسخ, جواب", "نتیجه", "دسته, برچسب, کلمات کلیدی", "صحیح درست نهایی", ""),
    "ur": Language("جواب", "نتیجہ", "زمرہ, مطلوبہ الفاظ", "صحیح درست حتمی", ""),
    "hi": Language("उत्तर, जवाब", "परिणाम", "श्रेणी, लेबल", "सही अंतिम", ""),
    "bn": Language("উত্তর", "ফলাফল", "বিভাগ, লেবেল", "সঠিক চূড়ান্ত", "হল হলো"),
    "ta": Language("பதில், விடை", "முடிவு", "வகை", "சரியான இறுதி", ""),
    "te": Language("సమాధానం", "ఫలితం", "వర్గం", "సరైన తుది", ""),
}
"""Those that part words by spaces."""

SPACELESS = {
    "zh": Language(
        "答案, 答, 回答, 解答",
        "结果, 結果",
        "标签, 標籤, 类别, 類別, 分类, 分類, 关键词, 關鍵詞, 意图, 意圖, 判断, 判斷, 预测, 預測",
        "最终 最終 正确 正確 的",
        "是 为 為",
    ),
    "ja": Language(
        "答え, 回答, 解答, 正解",
        "結果",
        "ラベル, カテゴリ, カテゴリー, 分類, キーワード, 意図, 判定, 予測",
        "正しい 最終 最終的な",
        "は",
    ),
    "ko": Language("정답, 답, 답변", "결과", "라벨, 분류, 카테고리, 키워드", "최종 올바른", "은 는"),
    "th": Language("คำตอบ", "ผลลัพธ์", "ป้ายกำกับ, หมวดหมู่, คำสำคัญ", "ที่ถูกต้อง สุดท้าย", "คือ"),
}
"""Those that need not."""


def without_lead_in(text: str) -> str:
    """`text` without the words that announce an answer at its start, with a mark or a verb behind them.

    "Answer" alone is an answer, and so is "tax: audit".

    >>> [without_lead_in(text) for text in ("Final answer: 42", "**Svar:** 42", "Le résultat est 42", "答案是42")]
    ['42', '42', '42', '42']
    """
    if begins_like_lead_in(text):
        found = _before_mark().match(text)
        if found and _announces(found["phrase"]):
            return text[found.end() :].lstrip()
        for found in islice(_word_behind_another().finditer(text), _MAX_WORDS):
            link = found[1].casefold()
            if link in _links() and _announces(text[: found.start()], link):
                return text[found.end() :].lstrip()
    return _spaceless().sub("", text, count=1)


def begins_like_lead_in(text: str) -> bool:
    """Whether the first word is one that an announcement may begin with, in a language with spaces."""
    first = _first_word().match(text)
    return first is not None and first[1].casefold() in _beginning_with()


class Announcing(NamedTuple):
    """Patterns, in lower case: what an answer is called, and what may stand beside it and between it and the answer."""

    called: str
    beside: str
    links: str


def announcing(languages: tuple[str, ...], *, results: bool = False) -> Announcing:
    """How an answer is announced in `languages`, of either table; with `results` also that of a calculation.

    >>> announcing(("sw",))
    Announcing(called='jibu', beside='mwisho|sahihi|la', links='ni')
    """
    chosen = [LANGUAGES.get(name) or SPACELESS[name] for name in languages]
    return Announcing(
        _any_of(noun for one in chosen for noun in _listed(one.answer, one.result if results else "")),
        _any_of(word for one in chosen for word in one.beside.split()),
        _any_of(word for one in chosen for word in one.links.split()),
    )


def languages_of(text: str) -> tuple[str, ...]:
    """English, and the other languages of those with spaces in which `text` holds a word for an answer or a choice.

    >>> languages_of("Le résultat : la réponse est C")
    ('en', 'fr')
    """
    folded = text.casefold()
    return ("en", *sorted({name for sign, name in _signs() if sign in folded}))


class _Words(NamedTuple):
    """The single words of a language."""

    nouns: frozenset[str]
    beside: frozenset[str]
    links: frozenset[str]


def _announces(phrase: str, link: str = "") -> bool:
    """Whether these are words of one language for an answer, and nothing else; `link` its verb behind them."""
    words = _parted(phrase)
    return any(
        not known.nouns.isdisjoint(words)
        and known.nouns.union(known.beside).issuperset(words)
        and (not link or link in known.links)
        for known in _beginning_with().get(words[0] if words else "", ())
    )


def _parted(phrase: str) -> list[str]:
    return [word for word in re.split(r"[\s_,'\u2019*-]+", phrase.casefold()) if word]


def _listed(*nouns: str) -> list[str]:
    return [noun for each in nouns if each for noun in each.split(", ")]


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=lambda word: (-len(word), word)))


# Made when first needed: a Lambda starts cold.
@cache
def _signs() -> list[tuple[str, str]]:
    """The words for an answer or a choice of every language but English, with its name."""
    others = [(name, one) for name, one in LANGUAGES.items() if name != "en"]
    return [(sign, name) for name, one in others for sign in _listed(one.answer, one.result, one.choice)]


@cache
def _links() -> frozenset[str]:
    return frozenset(link for one in LANGUAGES.values() for link in one.links.split())


@cache
def _beginning_with() -> dict[str, list[_Words]]:
    """The languages by each word that an announcement may begin with."""
    found: dict[str, list[_Words]] = {}
    for one in LANGUAGES.values():
        nouns = frozenset(_parted(f"{one.answer}, {one.result}, {one.label}"))
        words = _Words(nouns, frozenset(one.beside.split()), frozenset(one.links.split()))
        for word in words.nouns | words.beside:
            found.setdefault(word, []).append(words)
    return found


@cache
def _first_word() -> re.Pattern[str]:
    return re.compile(r"(?:#{1,6}\s+)?(?:\*\*|__)?([^\s_,:\uff1a=*'\u2019-]+)")


@cache
def _before_mark() -> re.Pattern[str]:
    """A phrase in bold or not, the mark within or behind the bold; the line of a heading, or of bold, needs no mark."""
    return re.compile(
        r"(?P<heading>#{1,6}\s+)?(?P<bold>\*\*|__)?(?P<phrase>[^:\uff1a=\u2192\n]{1,60}?)\s?"
        rf"(?:{_MARK}\s?(?(bold)(?P=bold))|(?(bold)(?P=bold))(?:\s?{_MARK}|(?(bold)|(?(heading)|(?!)))[ \t]*\n))"
    )


@cache
def _word_behind_another() -> re.Pattern[str]:
    return re.compile(r"\s+([^\s:]+):?(?=\s)")


@cache
def _spaceless() -> re.Pattern[str]:
    nouns = _any_of(noun for one in SPACELESS.values() for noun in _listed(one.answer, one.result, one.label))
    _, beside, links = announcing(tuple(SPACELESS))
    return re.compile(
        rf"^(?P<bold>\*\*|__)?(?:{beside})*(?:{nouns})(?:{beside})*\s?"
        rf"(?:(?(bold)(?P=bold)){_MARK}|{_MARK}\s?(?(bold)(?P=bold))|(?(bold)(?P=bold))(?:{links}))\s*"
    )
