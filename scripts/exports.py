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


def check_figures_workbook(openpyxl, folder, shares, snapshot):
    def table(name, sheet):
        rows = list(openpyxl.load_workbook(folder / name)[sheet].iter_rows(values_only=True))
        return [dict(zip(rows[0], row)) for row in rows[1:]]

    rows = table("shares.xlsx", "shares")
    assert len(rows) == len(shares), (len(rows), len(shares))
    for row, line in zip(rows, shares):
        assert row["brand"] == line["id"] and row["mentions"] == line["counts"]["mentions"]
        assert row["part"] == line["part"] and row["per"] == line["per"], (row, line)
        assert row["story_permille"] == (line["by_stories"] or {}).get("permille")
        spoken = (line.get("sentiment") or {}).get("shares") or {}
        for mood in ("negative", "neutral", "positive"):
            assert row[f"{mood}_permille"] == spoken.get(mood, {}).get("permille"), (mood, row, spoken)
    figures = {(row["brand"] or "", row["measure"], row["key"] or ""): row["value"] for row in table("snapshot.xlsx", "snapshot")}
    check_snapshot(figures, snapshot)
    print(f"openpyxl: {len(rows)} shares and {len(figures)} figures of a snapshot agree")


def check_snapshot(figures, snapshot):
    def same(key, value):
        assert str(figures[key]) == str(value), (key, figures[key], value)

    for brand in snapshot["brands"]:
        of = brand["id"]
        same((of, "count", "mentions"), brand["counts"]["mentions"])
        if brand["by_stories"]:
            for end in ("permille", "low", "high"):
                same((of, "story_share", end), brand["by_stories"][end])
        for inside in brand["by_network"]:
            same((of, "network_share", f"{inside['network']}/of_stories"), inside["of_stories"])
            if inside["by_stories"]:
                same((of, "network_share", f"{inside['network']}/low"), inside["by_stories"]["low"])
        same((of, "sentiment", "understood"), brand["sentiment"]["understood"])
        for answering in brand["answering"]:
            same((of, "answering", f"{answering['network']}/unanswered"), answering["unanswered"])
        for held in brand["against_us"]:
            network = f"{held['network']}/" if held["network"] else ""
            same((of, "against_us", f"{network}{held['measure']}/verdict"), held["verdict"])
        unusual = [key for key in figures if key[:2] == (of, "unusual_post")]
        assert len(unusual) == sum(len(profile["unusual"]) for profile in brand["profiles"])


def check_figures_arrow(pyarrow, folder, shares, snapshot):
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(folder / "figures/shares.parquet").to_pylist()
    assert [row["brand"] for row in rows] == [line["id"] for line in shares]
    assert [row["author_low"] for row in rows] == [(line.get("by_authors") or {}).get("low") for line in shares]
    assert [row["part"] for row in rows] == [line["part"] for line in shares]
    rows = pyarrow.parquet.read_table(folder / "figures/snapshot.parquet").to_pylist()
    check_snapshot({(row["brand"] or "", row["measure"], row["key"] or ""): row["value"] for row in rows}, snapshot)
    for name, table in [("shares", pyarrow.parquet.read_table(folder / "figures/shares.parquet"))]:
        with open(folder / f"figures/{name}-columns.csv", newline="", encoding="utf-8") as file:
            said = list(csv.DictReader(file))
        assert [row["column"] for row in said] == table.schema.names
        assert all(row["english"] and row["french"] for row in said)
    print(f"pyarrow: {len(shares)} shares and {len(rows)} figures of a snapshot agree")


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
    figures = lambda *arguments: run(vigie, "export", *arguments, "--days", "400", *data)
    parts = ("shares", "--per", "network")
    shares = [json.loads(line) for line in figures(*parts, "--format", "jsonl").splitlines()]
    assert any(line["part"] for line in shares) and any(not line["part"] for line in shares)
    snapshot = json.loads(figures("snapshot", "--format", "jsonl"))
    for kind, arguments in [("shares", parts), ("snapshot", ("snapshot",))]:
        figures(*arguments, "--out", str(folder / f"{kind}.xlsx"))
        figures(*arguments, "--format", "parquet", "--out", str(folder / "figures") + "/")
    subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], check=True, cwd=folder / "figures")
    readers = [("openpyxl", check_workbook), ("pyarrow", check_arrow), ("duckdb", check_duckdb)]
    further = {"openpyxl": check_figures_workbook, "pyarrow": check_figures_arrow}
    there = 0
    for name, check in readers:
        if (found := module(name)) is not None:
            check(found, folder, lines)
            if name in further:
                further[name](found, folder, shares, snapshot)
            there += 1
    sys.exit(0 if there else 77)


main()
