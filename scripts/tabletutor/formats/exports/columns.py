"""The columns of a format's rows, and their declaration as features of the library `datasets` for the data card.

Without a declaration `datasets` infers the types from the first rows of a file, and fails at a later row with another
key or type.
"""

from typing import Any

from msgspec.inspect import (
    BoolType,
    Field,
    FloatType,
    IntType,
    ListType,
    NoneType,
    StrType,
    StructType,
    Type,
    TypedDictType,
    UnionType,
    VarTupleType,
    type_info,
)

from tabletutor.rows.row import Row


def columns(row: type[Row]) -> dict[str, Type]:
    """Return the type of each column of a row type, sorted by name as in the files."""
    info = type_info(row)
    assert isinstance(info, StructType)
    return {field.encode_name: field.type for field in _sorted(info.fields)}


def features(row: type[Row]) -> list[dict[str, Any]]:
    """Return the features of a row type, as listed in the card's `dataset_info`.

    Raises ValueError naming a column whose type has no feature.
    """
    return [{"name": name, **_feature(kind, f"{row.__name__}.{name}")} for name, kind in columns(row).items()]


def _feature(kind: Type, where: str) -> dict[str, Any]:
    match kind:
        case StrType():
            return {"dtype": "string"}
        case BoolType():
            return {"dtype": "bool"}
        case IntType():
            return {"dtype": "int64"}
        case FloatType():
            return {"dtype": "float64"}
        case ListType() | VarTupleType():
            item = _feature(kind.item_type, where)
            return {"list": item.get("dtype", item.get("struct", item))}
        case TypedDictType() | StructType():
            parts = [
                {"name": part.encode_name, **_feature(part.type, f"{where}.{part.encode_name}")}
                for part in _sorted(kind.fields)
            ]
            return {"struct": parts}
        case UnionType(types=(NoneType(), some)) | UnionType(types=(some, NoneType())):
            return _feature(some, where)  # every feature is nullable
        case _:
            raise ValueError(
                f"{where}: the data card has no feature for {type(kind).__name__}; use text, a number, a boolean, or a "
                f"list or record of these"
            )


def _sorted(fields: tuple[Field, ...]) -> list[Field]:
    return sorted(fields, key=lambda field: field.encode_name)
