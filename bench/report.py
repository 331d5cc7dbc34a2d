"""What the bench says: an aligned table, JSON, and a chart for the README."""

import html
import json

NAMES = ("weft", "h2o", "nginx", "nghttpd", "floor", "bare")
TABLE = f"{'':<38}{'':>15}" + "".join(f"{name:>9}" for name in NAMES) + "   weft is ... (at most ...)\n"


def verdict(v):
    if v["of"].startswith("no "):
        return f"{v['of']}: {'met' if v['met'] else 'NOT MET'}"
    return f"{v['ratio']:.2f} x {v['of']} ({v['limit']:.2f}: {'met' if v['met'] else 'NOT MET'})"


def aside(v):
    """What was a target before the floor went through the library."""
    return f"{v['ratio']:.2f} x {v['of']} ({v['limit']:.2f} formerly: {'met' if v['met'] else 'missed'})"


def said_of(row):
    others = [f"{n} {v:.{row['digits']}f}" for n, v in row["values"].items() if n not in NAMES]
    return [verdict(v) for v in row["verdicts"]] + [aside(v) for v in row.get("beside", ())] + others


def line(row):
    text = f"{row['label']:<38}{row['unit']:>15}"
    text += "".join(f"{row['values'][n]:>9.{row['digits']}f}" if n in row["values"] else f"{'-':>9}" for n in NAMES)
    return text + "   " + ", ".join(said_of(row)) + "\n"


def tally(rows):
    verdicts = [v for row in rows for v in row["verdicts"]]
    text = f"{sum(v['met'] for v in verdicts)} of {len(verdicts)} targets are met\n"
    former = [v for row in rows for v in row.get("beside", ())]
    if former:
        judged = [v for row in rows for v in row["verdicts"] if not (row.get("beside") and v["of"] == "floor")] + former
        text += f"with bare in place of the floor, as formerly: {sum(v['met'] for v in judged)} of {len(judged)}\n"
    return text


def markdown(rows):
    out = "| | unit | " + " | ".join(NAMES) + " | weft is … (at most …) |\n|---|---|" + "---:|" * len(NAMES) + "---|\n"
    for row in rows:
        cells = [f"{row['values'][n]:.{row['digits']}f}" if n in row["values"] else "" for n in NAMES]
        said = [text.replace("NOT MET", "**not met**") for text in said_of(row)]
        out += f"| {row['label']} | {row['unit']} | " + " | ".join(cells) + f" | {'; '.join(said)} |\n"
    return out


def write_json(path, rows, about):
    with open(path, "w") as file:
        json.dump({"about": about, "rows": rows}, file, indent=1)
        file.write("\n")


STYLE = """text{font:13px system-ui,sans-serif;fill:#1f2328}.dim{fill:#59636e}.n{font-size:11px}.big{font-size:15px;font-weight:600}
.weft{fill:#0969da}.h2o{fill:#8c959f}.nginx{fill:#b6bec7}.nghttpd{fill:#d0d7de}.floor,.bare{stroke:#cf222e;stroke-width:2}
.bare{stroke-dasharray:3 2}
@media(prefers-color-scheme:dark){text{fill:#f0f6fc}.dim{fill:#9198a1}.weft{fill:#4493f8}.h2o{fill:#7d8590}.nginx{fill:#59626c}
.nghttpd{fill:#3d444d}.floor,.bare{stroke:#ff7b72}}"""
LEFT, WIDE, BAR, GAP = 196, 470, 13, 18


def chart(path, rows, date):
    """CPU per request as bars, each workload by its own scale, h2o's bar being of one length; the floor is a red mark, bare a
    broken one."""
    rows = [row for row in rows if row["unit"] == "CPU us/request" and {"weft", "h2o"} <= set(row["values"])]
    body, y = [], 66
    for row in rows:
        bars = [n for n in ("weft", "h2o", "nginx", "nghttpd") if n in row["values"]]
        # ratios are from paired rounds; h2o's bar is 2/5 of the width, longer ones are cut with a note
        unit = WIDE * 0.4 / row["values"]["h2o"]
        body.append(f'<text x="{LEFT - 12}" y="{y + 11}" text-anchor="end">{html.escape(row["label"])}</text>')
        top = y
        for name in bars:
            value = row["values"][name]
            width = min(value * unit, WIDE)
            cut = " \u2192" if value * unit > WIDE else ""
            body.append(f'<rect class="{name}" x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}" rx="2"/>')
            body.append(f'<text class="n dim" x="{LEFT + width + 5:.1f}" y="{y + 9.5}">{name} {value:.2f} \u00b5s{cut}</text>')
            y += BAR
        for mark in ("floor", "bare"):
            if mark in row["values"]:
                x = LEFT + row["values"][mark] * unit
                body.append(f'<line class="{mark}" x1="{x:.1f}" x2="{x:.1f}" y1="{top - 2}" y2="{y}"/>')
        y += GAP
    height = y + 8
    said = ", ".join(f"{row['label']}: {row['ratios']['h2o']:.2f}" for row in rows)
    with open(path, "w") as file:
        file.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 {height}" role="img" aria-labelledby="t d">\n'
            f'<title id="t">CPU time per request of weft, h2o, nginx and nghttpd</title>\n'
            f'<desc id="d">Weft\'s CPU as a share of h2o\'s. {html.escape(said)}.</desc>\n<style>{STYLE}</style>\n'
            f'<text class="big" x="{LEFT}" y="24">CPU time of the server per request (less is better)</text>\n'
            f'<text class="dim" x="{LEFT}" y="44">medians of script/bench, {date}; red: the floor of kernel and TLS library; broken: of the cipher alone</text>\n'
            + "\n".join(body)
            + "\n</svg>\n"
        )
