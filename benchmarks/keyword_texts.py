"""The documents of the template `keywords`: notices of evening courses, each with its teacher's four keywords.

What a notice is about, and what it mentions only in passing, is told by its sentences and not by the words in them, so
a text on a subject never seen can be answered. The words are of one subject each; the sentences are shared by all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import NamedTuple


class Subject(NamedTuple):
    """What one course is about: its four keywords, in the order in which the teacher names them."""

    subject: str
    material: str
    tool: str
    result: str


SUBJECTS = tuple(
    Subject(*line.split())
    for line in """
    glassblowing sand furnace goblets
    sourdough rye oven loaves
    basketry willow bodkin hampers
    bookbinding cloth needle albums
    beekeeping nectar smoker honey
    candlemaking wax mould tapers
    cheesemaking milk rennet wheels
    chocolate cocoa conche truffles
    cidermaking apples mill bottles
    clockmaking brass lathe pendulums
    coopering oak adze barrels
    copperplate ink quill letters
    drystone slate hammer walls
    dyeing madder dipper scarves
    enamelling powder kiln badges
    falconry quails glove flights
    felting fleece soapsuds slippers
    fencing ash mallet hurdles
    flyfishing feathers vice lures
    gilding leaf burnisher frames
    glazing putty cutter windows
    gardening compost spade beds
    grafting scions knife pears
    hedging hawthorn billhook hedges
    joinery walnut chisel drawers
    kitemaking bamboo glue kites
    knitting yarn needles jumpers
    lacemaking linen bobbins collars
    leatherwork hide awl belts
    letterpress lead roller posters
    locksmithing steel file keys
    marbling dyes comb endpapers
    masonry limestone mason arches
    millinery straw block hats
    mosaics tiles nippers floors
    netmaking hemp gauge hammocks
    origami paper folder cranes
    papermaking rags press sheets
    pasta semolina crank ravioli
    perfumery resin still scents
    pewter tin ladle tankards
    pickling cabbage crock sauerkraut
    plastering lime trowel ceilings
    pottery clay wheel bowls
    preserving plums kettle jam
    puppetry limewood strings shows
    quilting scraps hoop blankets
    ropemaking sisal hook ropes
    saddlery calfskin clamp saddles
    shoemaking suede last boots
    silversmithing ingots anvil spoons
    smoking herring alder kippers
    soapmaking tallow vat bars
    spinning wool spindle skeins
    stencilling card brush friezes
    tailoring tweed shears jackets
    tanning bark pit leather
    tatting cotton shuttle edgings
    thatching reed rake roofs
    tinsmithing tinplate snips lanterns
    turning beech gouge plates
    upholstery horsehair tacks armchairs
    violins spruce plane fiddles
    weaving flax loom towels
    whittling birch penknife spoons
    woodcuts pearwood burin prints
    astronomy lenses telescope charts
    birdwatching finches binoculars diaries
    botany orchids lens herbaria
    brewing barley mash ale
    cartography contours compass maps
    chess openings board endgames
    cooking lentils saucepan stews
    fermentation soybeans jar miso
    foraging mushrooms basket soups
    geology quartz pick collections
    grinding wheat millstone flour
    ironwork ore bellows gates
    juggling clubs rhythm cascades
    lighthouses prisms lamp signals
    meteorology clouds barometer forecasts
    microscopy algae slides drawings
    photography silver darkroom portraits
    radio crystals aerial receivers
    roasting beans drum coffee
    rowing sculls stretcher regattas
    sailing canvas tiller voyages
    saltmaking brine pans crystals
    shipbuilding larch caulking hulls
    stargazing planets tripod sketches
    sundials marble gnomon hours
    surveying fields theodolite plans
    taxidermy skins wire mounts
    teamaking buds wok infusions
    tilemaking marl stamp roofing
    trapping moths sheet lists
    typography letters composing titles
    vinegar wine mother dressings
    watercolour pigments sponge landscapes
    winemaking grapes cask vintages
    bonsai maples shears trays
    bridges girders rivets viaducts
    calligraphy parchment reed scrolls
    charcoal logs kiln fuel
    distilling juniper copper gin
    embroidery silk frame samplers
    etching zinc acid plates
    fireworks saltpetre mortar displays
    frescoes plaster brushes murals
    gemcutting agate lap rings
    horology springs tweezers watches
    icecream cream churn sundaes
    jewellery pearls pliers necklaces
    kayaking paddles skirt rapids
    lacquer sap spatula caskets
    macrame cord knots hangings
    mapping tides plumb atlases
    oilpressing olives mat oil
    pastry butter whisk croissants
    peatcutting moss slane turf
    pinhole film tin exposures
    rugmaking jute crochet rugs
    sausages pork casing salami
    sculpture alabaster rasp busts
    seaweed kelp sickle salads
    silk cocoons reel thread
    stonecarving granite point fonts
    sugar beet centrifuge syrup
    terrazzo chips grinder stairs
    wickerwork cane pegs cradles
    windmills sails brake meal
    woodturning elm steady newels
    yoghurt culture thermometer pots
    zithers maple tuner tunes
    """.strip().splitlines()
)

OPENINGS = (
    "Evening course: {subject}.",
    "New this autumn: {subject} for beginners.",
    "On six Mondays we learn {subject}.",
    "An introduction to {subject}.",
    "For all who always wanted to try {subject}.",
    "This term we offer {subject} again.",
)
MATERIALS = (
    "It all begins with {material}.",
    "We work with {material} from the first hour.",
    "The fee includes {material}.",
    "You will be given {material}.",
    "We explain where good {material} comes from.",
)
TOOLS = (
    "The chief tool is the {tool}.",
    "Everybody learns to use the {tool}.",
    "You need a {tool}, which we lend.",
    "Much depends on the {tool}.",
    "The second week is about the {tool}.",
)
RESULTS = (
    "At the end there are {result}.",
    "You take home your own {result}.",
    "We finish with {result}.",
    "The aim is {result}.",
    "Last year's {result} are on show.",
)
IN_PASSING = (
    "The room is beside the {other}.",
    "Nothing is said about {other}.",
    "Please do not bring {other}.",
    "Those who prefer {other} should ask at the desk.",
    "The course on {other} is full.",
    "Tea is served in the {other}.",
)
OTHERS = ("library", "laundry", "chapel", "gymnasium", "kitchen", "stables", "museum", "office", "cellar", "courtyard")


def notice(subject: Subject, index: int) -> tuple[str, list[str]]:
    """The text of a course and its keywords; equal arguments give equal texts."""
    draw = Random(f"keywords/{subject.subject}")
    others = [*OTHERS, *(word for words in (SUBJECTS[index - 1], SUBJECTS[index - 2]) for word in words)]
    middle = [
        draw.choice(MATERIALS).format(material=subject.material),
        draw.choice(TOOLS).format(tool=subject.tool),
        draw.choice(RESULTS).format(result=subject.result),
        draw.choice(IN_PASSING).format(other=draw.choice([word for word in others if word not in subject])),
    ]
    draw.shuffle(middle)
    return " ".join([draw.choice(OPENINGS).format(subject=subject.subject), *middle]), list(subject)


def notices() -> Iterator[tuple[str, str]]:
    """Name and text of each document."""
    for index, subject in enumerate(SUBJECTS):
        text, keywords = notice(subject, index)
        yield f"{subject.subject}.txt", f"{text}\n\nKeywords: {json.dumps(keywords)}\n"
