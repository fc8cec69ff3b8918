"""QR codes of one kind (ISO/IEC 18004: byte mode, level M, mask 4, versions 1-13), as the GiroCode needs them.

segno makes any code, in pure Python at 2-6 ms each, which is more than the rest of an invoice. Everything that does not
depend on the text is kept per version here, and the tests compare the result with segno's, module by module.
"""

from dataclasses import dataclass
from functools import cache

# Per version: codewords in all, then (blocks, data codewords of each), shorter blocks first (table 9, level M).
_BLOCKS: dict[int, tuple[int, tuple[tuple[int, int], ...]]] = {
    1: (26, ((1, 16),)),
    2: (44, ((1, 28),)),
    3: (70, ((1, 44),)),
    4: (100, ((2, 32),)),
    5: (134, ((2, 43),)),
    6: (172, ((4, 27),)),
    7: (196, ((4, 31),)),
    8: (242, ((2, 38), (2, 39))),
    9: (292, ((3, 36), (2, 37))),
    10: (346, ((4, 43), (1, 44))),
    11: (404, ((1, 50), (4, 51))),
    12: (466, ((6, 36), (2, 37))),
    13: (532, ((8, 37), (1, 38))),
}
_ALIGNMENT: dict[int, tuple[int, ...]] = {
    1: (),
    2: (6, 18),
    3: (6, 22),
    4: (6, 26),
    5: (6, 30),
    6: (6, 34),
    7: (6, 22, 38),
    8: (6, 24, 42),
    9: (6, 26, 46),
    10: (6, 28, 50),
    11: (6, 30, 54),
    12: (6, 32, 58),
    13: (6, 34, 62),
}
_FORMAT = 0b100010111111001  # level M, mask 4, with its check bits (table C.1)
MASK = 4


class TooLong(Exception):
    """The text does not fit version 13."""


@dataclass(frozen=True)
class _Template:
    """What is the same in all codes of a version: fixed modules, and the place and mask of each data bit."""

    size: int
    fixed: tuple[tuple[int, ...], ...]
    places: tuple[tuple[int, int, int], ...]


def matrix(text: str) -> list[list[int]]:
    """The modules of the code, rows from the top, 1 for dark."""
    data = text.encode()
    version = next((v for v in _BLOCKS if len(data) <= _capacity(v)), None)
    if version is None:
        raise TooLong(text)
    template = _template(version)
    modules = [list(row) for row in template.fixed]
    bits = "".join(f"{codeword:08b}" for codeword in _codewords(data, version))
    for (row, column, mask), bit in zip(template.places, bits.ljust(len(template.places), "0"), strict=True):
        modules[row][column] = mask ^ (bit == "1")
    return modules


def _capacity(version: int) -> int:
    """Bytes of text: the data codewords less mode, length and their four bits."""
    return sum(count * size for count, size in _BLOCKS[version][1]) - (2 if version < 10 else 3)


def _codewords(data: bytes, version: int) -> list[int]:
    """Data and error correction, block by block interleaved (7.4, 7.5, 7.6)."""
    total, groups = _BLOCKS[version]
    room = sum(count * size for count, size in groups)
    bits = f"0100{len(data):0{8 if version < 10 else 16}b}" + "".join(f"{byte:08b}" for byte in data) + "0000"
    bits += "0" * (-len(bits) % 8)
    words = [int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)][:room]
    words += [(0xEC, 0x11)[n % 2] for n in range(room - len(words))]
    sizes = [size for count, size in groups for _ in range(count)]
    check = (total - room) // len(sizes)
    blocks, start = [], 0
    for size in sizes:
        blocks.append(words[start : start + size])
        start += size
    checks = [_check_words(block, check) for block in blocks]
    mixed = [block[n] for n in range(max(sizes)) for block in blocks if n < len(block)]
    return mixed + [block[n] for n in range(check) for block in checks]


@cache
def _field() -> tuple[list[int], list[int]]:
    """Powers and logarithms in GF(256) over 0x11D; the powers twice, so that sums of logarithms need no modulo."""
    powers, logs, value = [0] * 512, [0] * 256, 1
    for n in range(255):
        powers[n] = powers[n + 255] = value
        logs[value] = n
        value = value << 1 ^ (0x11D if value & 0x80 else 0)
    return powers, logs


@cache
def _generator(degree: int) -> list[int]:
    """Logarithms of the generator polynomial's coefficients below the leading one."""
    powers, logs = _field()
    polynomial = [1]
    for n in range(degree):
        shifted = [*polynomial, 0]
        for i, coefficient in enumerate(polynomial):
            shifted[i + 1] ^= powers[logs[coefficient] + n] if coefficient else 0
        polynomial = shifted
    return [logs[coefficient] for coefficient in polynomial[1:]]


def _check_words(block: list[int], degree: int) -> list[int]:
    """The remainder of the block's polynomial by the generator."""
    powers, logs = _field()
    generator = _generator(degree)
    rest = [0] * degree
    for word in block:
        factor = word ^ rest[0]
        rest = [*rest[1:], 0]
        if factor:
            log = logs[factor]
            rest = [value ^ powers[log + g] for value, g in zip(rest, generator, strict=True)]
    return rest


@cache
def _template(version: int) -> _Template:
    size = 17 + 4 * version
    grid: list[list[int | None]] = [[None] * size for _ in range(size)]
    _draw_patterns(grid, version)
    _draw_format(grid, version)
    places = tuple(
        (row, column, int((row // 2 + column // 3) % 2 == 0))
        for row, column in _zigzag(size)
        if grid[row][column] is None
    )
    return _Template(size, tuple(tuple(value or 0 for value in row) for row in grid), places)


def _draw_patterns(grid: list[list[int | None]], version: int) -> None:
    """Finders with their white border, timing lines, alignment squares (6.3)."""
    size = len(grid)
    for top, left in ((0, 0), (0, size - 7), (size - 7, 0)):
        for row in range(max(top - 1, 0), min(top + 8, size)):
            for column in range(max(left - 1, 0), min(left + 8, size)):
                ring = max(abs(row - top - 3), abs(column - left - 3))
                grid[row][column] = int(ring in (0, 1, 3))
    for n in range(8, size - 8):
        grid[6][n] = grid[n][6] = int(n % 2 == 0)
    centres = _ALIGNMENT[version]
    corners = {(6, 6), (6, centres[-1]), (centres[-1], 6)} if centres else set()
    for y, x in ((y, x) for y in centres for x in centres if (y, x) not in corners):
        for row in range(y - 2, y + 3):
            for column in range(x - 2, x + 3):
                grid[row][column] = int(max(abs(row - y), abs(column - x)) != 1)


def _draw_format(grid: list[list[int | None]], version: int) -> None:
    """Format bits twice, the dark module, and from version 7 the version twice (7.9, 7.10)."""
    size = len(grid)
    around = [(8, n) for n in (0, 1, 2, 3, 4, 5, 7, 8)] + [(n, 8) for n in (7, 5, 4, 3, 2, 1, 0)]
    apart = [(size - 1 - n, 8) for n in range(7)] + [(8, size - 8 + n) for n in range(8)]
    for n in range(15):
        bit = _FORMAT >> (14 - n) & 1
        for row, column in (around[n], apart[n]):
            grid[row][column] = bit
    grid[size - 8][8] = 1
    if version >= 7:
        bits = _version_bits(version)
        for n in range(18):
            row, column = n // 3, size - 11 + n % 3
            grid[row][column] = grid[column][row] = bits >> n & 1


def _version_bits(version: int) -> int:
    """The version with its twelve check bits (Golay code, annex D)."""
    rest = version << 12
    for shift in range(17, 11, -1):
        if rest >> shift & 1:
            rest ^= 0x1F25 << (shift - 12)
    return version << 12 | rest


def _zigzag(size: int) -> list[tuple[int, int]]:
    """All modules in the order of the data: two columns wide, up and down, from the right, past the timing column."""
    path = []
    upwards = True
    for right in (column for column in range(size - 1, 0, -2)):
        column = right if right > 6 else right - 1
        rows = range(size - 1, -1, -1) if upwards else range(size)
        path += [(row, x) for row in rows for x in (column, column - 1)]
        upwards = not upwards
    return path
