"""Whole numbers as people write them: ``1_000_000``, ``1e9``, ``1.5e9``, ``10**9``, ``2^32``, ``(2^20+1)/3``.

The command ``primelanes`` reads the same numbers.
"""

from __future__ import annotations

import operator
import re

MAX = 2**255 - 1
"""No intermediate value may be above this, so that a typing error does not take all memory."""

LONGEST = 100
"""The number of characters that a number may have."""

_DIGITS = r"([0-9]+(?:_[0-9]+)*)"
_TOKEN = re.compile(rf" *(?:{_DIGITS}(?:\.{_DIGITS})?(?:[eE]\+?{_DIGITS})?|(\*\*|[-+*/%^()])) *")


def _quotient(dividend: int, divisor: int) -> int:
    """Divide, and round towards 0."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _remainder(dividend: int, divisor: int) -> int:
    return dividend - divisor * _quotient(dividend, divisor)


_OPERATORS = [{"+": operator.add, "-": operator.sub}, {"*": operator.mul, "/": _quotient, "%": _remainder}]
"""The binary operators, by precedence. A power binds more tightly."""


def parse(text: str) -> int:
    """Return the value of a number, or raise ValueError."""
    if len(text) > LONGEST:
        raise ValueError(f"a number of {len(text)} characters is too long")
    try:
        return _Parser(text).parse()
    except ZeroDivisionError:
        raise ValueError(f"'{text}' divides by 0") from None
    except OverflowError:
        raise ValueError(f"'{text}' is too large") from None


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[int | str] = []
        at = 0
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise self.error()
            self.tokens.append(match[4] or self.literal(match[1], match[2] or "", int(match[3] or 0)))
            at = match.end()
        self.tokens.reverse()

    def error(self) -> ValueError:
        return ValueError(f"'{self.text}' is not a number such as 1000, 1e6, 10**9 or 2^20")

    def literal(self, whole: str, fraction: str, exponent: int) -> int:
        fraction = fraction.replace("_", "").rstrip("0")
        if len(fraction) > exponent:
            raise ValueError(f"'{self.text}' is not a whole number")
        return int(whole + fraction) * _power(10, exponent - len(fraction))

    def parse(self) -> int:
        value = self.chain(0)
        if self.tokens:
            raise self.error()
        return value

    def eat(self, *tokens: str) -> bool:
        """Take the next token if it is one of these, and return whether it is."""
        found = bool(self.tokens) and self.tokens[-1] in tokens
        if found:
            self.tokens.pop()
        return found

    def chain(self, precedence: int) -> int:
        """Evaluate operands between operators of this precedence, from the left."""
        if precedence == len(_OPERATORS):
            return self.power()
        negative = precedence == 0 and self.eat("-")
        value = self.chain(precedence + 1)
        value = -value if negative else value
        while self.tokens and self.tokens[-1] in _OPERATORS[precedence]:
            apply = _OPERATORS[precedence][str(self.tokens.pop())]
            value = _bounded(apply(value, self.chain(precedence + 1)))
        return value

    def power(self) -> int:
        """Evaluate a power, from the right: 2^2^3 is 2^8."""
        base = self.operand()
        if self.eat("^", "**"):
            return _power(base, self.power())
        return base

    def operand(self) -> int:
        token = self.tokens.pop() if self.tokens else ""
        if isinstance(token, int):
            return token
        if token == "(":
            value = self.chain(0)
            if self.eat(")"):
                return value
        raise self.error()


def _power(base: int, exponent: int) -> int:
    if exponent < 0 or (abs(base) > 1 and exponent > MAX.bit_length()):
        raise OverflowError
    return _bounded(base**exponent)


def _bounded(value: int) -> int:
    if abs(value) > MAX:
        raise OverflowError
    return value
