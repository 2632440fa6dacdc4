"""models/rooms.parquet and models/kinds-*.parquet: every physical type of Parquet that holds one value a row, with gaps, in
several row groups, with and without dictionaries, under each compression that is read. kinds.json is what pandas says of them:
numbers, text, booleans, and times in milliseconds since 1970.
"""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from common import GOLDEN, write

MODELS = GOLDEN / "models"
ROWS = 40
gap = lambda i: i % 7 == 3


def column(value, kind):
    return pa.array([None if gap(i) else value(i) for i in range(ROWS)], kind)


TABLE = {
    "bool": column(lambda i: i % 3 == 0, pa.bool_()),
    "int8": column(lambda i: i - 20, pa.int8()),
    "uint16": column(lambda i: i * 1000, pa.uint16()),
    "int32": column(lambda i: -i * 100_000, pa.int32()),
    "uint32": column(lambda i: 4_000_000_000 + i, pa.uint32()),
    "int64": column(lambda i: i * 10**12, pa.int64()),
    "float16": column(lambda i: np.float16(i / 4), pa.float16()),
    "float32": column(lambda i: np.float32(i) / 3, pa.float32()),
    "float64": column(lambda i: i / 7, pa.float64()),
    "complete": pa.array([i / 3 for i in range(ROWS)], pa.float64()),
    "counts": pa.array(range(ROWS), pa.int64()),
    "text": column(lambda i: ["Oslo", "Ålesund", "東京", ""][i % 4], pa.string()),
    "large": column(lambda i: f"row {i}", pa.large_string()),
    "category": column(lambda i: ["a", "b"][i % 2], pa.string()).dictionary_encode(),
    "date": column(lambda i: datetime.date(2024, 2, 27) + datetime.timedelta(i), pa.date32()),
    "millis": column(lambda i: 1_700_000_000_000 + i, pa.timestamp("ms")),
    "micros": column(lambda i: 1_700_000_000_000_500 + i * 1000, pa.timestamp("us")),
    "nanos": column(lambda i: 1_700_000_000_000_000_000 + i * 10**6, pa.timestamp("ns")),
    "decimal": column(lambda i: decimal.Decimal(i * 100 + 25).scaleb(-2), pa.decimal128(9, 2)),
    "nothing": pa.nulls(ROWS, pa.string()),
    "empty": pa.nulls(ROWS, pa.float64()),
}

# What only the schema of Arrow that pyarrow writes beside Parquet's own says.
ARROW = {
    "view": column(lambda i: ["Oslo", "a view of more than twelve bytes"][i % 2], pa.string_view()),
    "large_string": column(lambda i: f"row {i}", pa.large_string()),
    "bytes": column(lambda i: ["Oslo", "Ålesund"][i % 2].encode(), pa.binary()),
    "category": column(lambda i: ["b", "a"][i % 2], pa.string()).dictionary_encode(),
    "days": column(lambda i: datetime.date(1969, 12, 30) + datetime.timedelta(i), pa.date64()),
    "zone": column(lambda i: 1_700_000_000_000_500 + i * 1000, pa.timestamp("us", tz="Europe/Oslo")),
    "seconds": column(lambda i: i * 60, pa.time32("s")),
    "nanos": column(lambda i: i * 10**6, pa.time64("ns")),
    "duration": column(lambda i: (i - 20) * 1000, pa.duration("us")),
    "decimal32": column(lambda i: decimal.Decimal(25 - i).scaleb(-2), pa.decimal32(6, 2)),
    "decimal64": column(lambda i: decimal.Decimal(25 - i).scaleb(-3), pa.decimal64(15, 3)),
    "decimal128": column(lambda i: decimal.Decimal((i - 20) * 10**25 + 1).scaleb(-9), pa.decimal128(38, 9)),
    "decimal256": column(lambda i: decimal.Decimal((i - 20) * 10**45 + 1).scaleb(-30), pa.decimal256(60, 30)),
    "uint64": column(lambda i: 2**63 + i * 10**12, pa.uint64()),
    "nothing": pa.nulls(ROWS),
}
UNIT = {"s": 1000, "ms": 1, "us": 1e-3, "ns": 1e-6}


def plain(name, array):
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
    if pa.types.is_binary(kind):
        array = array.cast(pa.string())
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        whole = array.cast(pa.int32() if pa.types.is_time32(kind) else pa.int64())
        return [None if v is None else v * UNIT[kind.unit] for v in whole.to_pylist()]
    if name in ("date", "days"):
        return [None if v is None else (v - datetime.date(1970, 1, 1)).days * 86_400_000 for v in array.to_pylist()]
    if pa.types.is_timestamp(array.type):
        unit = {"ms": 1, "us": 1000, "ns": 10**6}[array.type.unit]
        return [None if v is None else v / unit for v in array.cast(pa.int64()).to_pylist()]
    return [float(v) if isinstance(v, (decimal.Decimal, np.floating)) else v for v in array.to_pylist()]


def main():
    table = pa.table(TABLE)
    options = {
        "plain": {"compression": "none", "use_dictionary": False, "data_page_version": "1.0"},
        "snappy": {"compression": "snappy", "row_group_size": 15},
        "gzip": {"compression": "gzip", "data_page_version": "2.0", "row_group_size": 16},
        "brotli": {"compression": "brotli"},
        "zstd": {"compression": "zstd"},
        "lz4": {"compression": "lz4"},
        "delta": {
            "compression": "none",
            "use_dictionary": False,
            "version": "2.6",
            "column_encoding": {
                "int64": "DELTA_BINARY_PACKED",
                "large": "DELTA_BYTE_ARRAY",
                "text": "DELTA_LENGTH_BYTE_ARRAY",
                "float64": "BYTE_STREAM_SPLIT",
            },
        },
        "int96": {"compression": "snappy", "use_deprecated_int96_timestamps": True},
    }
    for name, given in options.items():
        pq.write_table(table, MODELS / f"kinds-{name}.parquet", write_statistics=False, store_schema=False, **given)
    pq.write_table(pa.table(ARROW), MODELS / "kinds-arrow.parquet", write_statistics=False, row_group_size=15)
    # More rows than are decoded at a time.
    long = pa.table({"x": pa.array([i % 7 if i % 5 else None for i in range(70_000)], pa.int8()), "t": ["ab"[i % 2] for i in range(70_000)]})
    pq.write_table(long, MODELS / "kinds-long.parquet", write_statistics=False, compression="zstd")
    pq.write_table(pa.table({"list": pa.array([[1], [2, 3]]), "x": [1.5, 2.5]}), MODELS / "kinds-nested.parquet")
    names = {"価": [1, 2], "価格": [3, 4], "価格帯": ["a", "b"], "x": [5, 6], "x.y": [7, 8]}
    pq.write_table(pa.table(names), MODELS / "kinds-names.parquet", write_statistics=False)
    pq.write_table(pa.table({"bytes": pa.array([b"\x00" * 5] * 2, pa.binary(5)), "x": [1.5, 2.5]}), MODELS / "kinds-bytes.parquet")
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), MODELS / "kinds-empty.parquet")
    rooms = {"rooms": [3, 4, None], "town": ["Oslo", None, "Rome"], "price": [200.0, 300.0, 150.0]}
    pq.write_table(pa.table(rooms), MODELS / "rooms.parquet")
    write("parquet", rows=ROWS, columns={name: plain(name, array) for name, array in TABLE.items()}, arrow={name: plain(name, array) for name, array in ARROW.items()})


if __name__ == "__main__":
    main()
