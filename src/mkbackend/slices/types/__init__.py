"""The types of fields: one class each, which knows all that `add` writes for it."""

from mkbackend.slices.types.base import FieldType
from mkbackend.slices.types.bigint import BigInt
from mkbackend.slices.types.boolean import Boolean
from mkbackend.slices.types.decimal import Decimal
from mkbackend.slices.types.email import Email
from mkbackend.slices.types.enum import Enum
from mkbackend.slices.types.json import Json
from mkbackend.slices.types.many import Many
from mkbackend.slices.types.number import Float, Integer
from mkbackend.slices.types.ref import Ref
from mkbackend.slices.types.string import String
from mkbackend.slices.types.text import Text
from mkbackend.slices.types.times import Date, DateTime
from mkbackend.slices.types.url import Url
from mkbackend.slices.types.uuid import Uuid

_ALL = (String, Text, Email, Url, Integer, BigInt, Float, Decimal, Boolean, Date, DateTime, Uuid, Json, Enum, Ref, Many)
TYPES: dict[str, type[FieldType]] = {each.type: each for each in _ALL}
