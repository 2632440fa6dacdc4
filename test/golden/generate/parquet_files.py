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


def plain(name, array):
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if name == "date":
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
    pq.write_table(pa.table({"list": pa.array([[1], [2, 3]]), "x": [1.5, 2.5]}), MODELS / "kinds-nested.parquet")
    pq.write_table(pa.table({"bytes": pa.array([b"\x00" * 5] * 2, pa.binary(5)), "x": [1.5, 2.5]}), MODELS / "kinds-bytes.parquet")
    pq.write_table(pa.table({"x": pa.array([], pa.float64())}), MODELS / "kinds-empty.parquet")
    rooms = {"rooms": [3, 4, None], "town": ["Oslo", None, "Rome"], "price": [200.0, 300.0, 150.0]}
    pq.write_table(pa.table(rooms), MODELS / "rooms.parquet")
    write("parquet", rows=ROWS, columns={name: plain(name, array) for name, array in TABLE.items()})


if __name__ == "__main__":
    main()
