"""Reads an export of the shipped example back with other programs.

    scripts/exports.py VIGIE FOLDER

VIGIE is the program; FOLDER is written into. openpyxl, pyarrow and duckdb are used as far as they are installed; what is
missing is said, and the exit code is 77 when none of them is there.
"""

import csv
import datetime
import json
import pathlib
import subprocess
import sys


def run(vigie, *arguments):
    return subprocess.run([vigie, *arguments], check=True, capture_output=True, text=True).stdout


def module(name):
    try:
        return __import__(name)
    except ImportError:
        print(f"left out: {name} is not installed")
        return None


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def check_workbook(openpyxl, folder, lines):
    for read_only in (False, True):
        book = openpyxl.load_workbook(folder / "mentions.xlsx", read_only=read_only)
        assert book.sheetnames == ["mentions", "columns", "summary", "by day"], book.sheetnames
        rows = list(book["mentions"].iter_rows(values_only=True))
        header, rows = rows[0], rows[1:]
        assert len(rows) == len(lines), (len(rows), len(lines))
        for row, line in zip(rows, lines):
            row = dict(zip(header, row))
            assert row["id"] == line["id"] and isinstance(row["id"], int)
            assert (row["text"] or "") == line["text"], (row["text"], line["text"])
            seconds = (row["counted"].replace(tzinfo=datetime.timezone.utc) - moment(line["counted"])).total_seconds()
            assert abs(seconds) < 0.01, (row["counted"], line["counted"])
            assert row["example"] is line["example"]
    book = openpyxl.load_workbook(folder / "mentions.xlsx")
    sheet = book["mentions"]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref.startswith("A1:")
    link = sheet.cell(2, header.index("permalink") + 1)
    assert link.hyperlink and link.hyperlink.target == link.value
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    total = sum(row[1] for row in book["summary"].iter_rows(min_row=2, values_only=True))
    assert total == len(lines), total
    by_day = sum(sum(row[1:]) for row in book["by day"].iter_rows(min_row=2, values_only=True))
    assert by_day == len(lines), by_day
    assert len(book["summary"]._charts) == 1 and len(book["by day"]._charts) == 1
    print(f"openpyxl: {len(lines)} mentions agree")


def check_arrow(pyarrow, folder, lines):
    import pyarrow.parquet

    files = sorted((folder / "parquet").glob("*.parquet"))
    table = pyarrow.concat_tables(map(pyarrow.parquet.read_table, files))
    assert table.num_rows == len(lines)
    schema = table.schema
    assert schema.field("counted").type == pyarrow.timestamp("ms", tz="UTC"), schema.field("counted")
    assert schema.field("reactions").type == pyarrow.int64() and schema.field("doubtful").type == pyarrow.bool_()
    rows = {row["id"]: row for row in table.to_pylist()}
    for line in lines:
        row = rows[line["id"]]
        assert row["text"] == line["text"] and row["counted"] == moment(line["counted"])
        assert row["likes"] == line["counts"].get("likes")
        assert row["sentiment"] == line["sentiment"] and row["title"] == line["title"]
    for file in files:
        meta = pyarrow.parquet.ParquetFile(file).metadata
        encodings = meta.row_group(0).column(1).encodings
        assert any("DICTIONARY" in encoding for encoding in encodings), encodings
    print(f"pyarrow: {len(lines)} mentions agree")


def check_duckdb(duckdb, folder, lines):
    count, brands, days = duckdb.sql(
        f"SELECT count(*), count(DISTINCT brand), count(DISTINCT counted::DATE) FROM '{folder}/parquet/*.parquet'"
    ).fetchall()[0]
    assert count == len(lines) and brands == len({line["brand"] for line in lines})
    assert days >= len({line["counted"][:10] for line in lines}) - 1
    print(f"duckdb: {count} mentions, {brands} brands, {days} days")


def main():
    vigie, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    repository = pathlib.Path(__file__).resolve().parent.parent
    data = ["--data", str(folder / "data"), "--keywords", str(repository / "keywords")]
    run(vigie, "replay", str(repository / "examples/capture.jsonl"), *data)
    export = lambda *arguments: run(vigie, "export", "mentions", *arguments, *data)
    lines = [json.loads(line) for line in export("--format", "jsonl").splitlines()]
    export("--out", str(folder / "mentions.xlsx"))
    export("--format", "parquet", "--out", str(folder / "parquet") + "/")
    export("--format", "csv", "--out", str(folder / "csv") + "/")
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], check=True, cwd=folder / "csv")
    with open(folder / "csv/mentions.csv", newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == len(lines)
    readers = [("openpyxl", check_workbook), ("pyarrow", check_arrow), ("duckdb", check_duckdb)]
    there = 0
    for name, check in readers:
        if (found := module(name)) is not None:
            check(found, folder, lines)
            there += 1
    sys.exit(0 if there else 77)


main()
