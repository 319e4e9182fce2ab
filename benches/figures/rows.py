"""The same figures from the rows by DuckDB, one thread: rows.py FOLDER FROM TO BRAND,BRAND... (called by the bench)."""

import sys
import time

import duckdb

folder, start, end, brands = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4].split(",")
base = duckdb.connect()
base.execute("SET threads = 1")
base.execute("SET memory_limit = '4GB'")
base.execute(
    f"CREATE TABLE mention AS SELECT brand, network, epoch_ms(counted) AS counted FROM '{folder}/*.parquet' ORDER BY counted"
)
window = f"counted >= {start} AND counted < {end}"
names = ", ".join(f"'{brand}'" for brand in brands)
for what, query in [
    ("share of voice of all brands", f"SELECT brand, count(*) FROM mention WHERE {window} GROUP BY brand"),
    (
        "five brands by day",
        f"SELECT brand, counted // 86400000 AS day, count(*) FROM mention WHERE {window} AND brand IN ({names}) GROUP BY ALL",
    ),
]:
    times = []
    for _ in range(7):
        begun = time.perf_counter()
        rows = base.execute(query).fetchall()
        times.append(time.perf_counter() - begun)
    print(f"DuckDB {duckdb.__version__}, one thread, raw rows: {what} {sorted(times)[3] * 1000:.1f} ms ({len(rows)} rows)")
