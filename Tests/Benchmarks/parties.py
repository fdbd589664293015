#!/usr/bin/env python3
"""An invented anagrafica as CSV, the same for the same seed: parties.py COUNT [SEED] > parties.csv

Names, towns and the ways of writing a number are those of Italian registries. Each party has one number, or two.
"""

import random
import sys

FIRST = """Giuseppe Maria Antonio Anna Giovanni Francesca Andrea Giulia Marco Sara Luca Martina Alessandro Chiara Niccolò
Noemi Salvatore Lucia Vincenzo Rosa Michele Elena Domenico Paola Angelo Angela Stefano Silvia Roberto Teresa""".split()
LAST = """Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De_Luca Mancini Costa
Giordano Rizzo Lombardi Moretti Barbieri Fontana Santoro Mariani Rinaldi Caruso Ferrara Galli Martini Leone Longo Gentile
D'Amico Nicolò Dall'Ò""".split()
TOWNS = {
    "Roma": "06", "Milano": "02", "Torino": "011", "Napoli": "081", "Palermo": "091", "Forlì": "0543", "Bologna": "051",
    "Bari": "080", "Verona": "045", "L'Aquila": "0862", "Cantù": "031", "Lecce": "0832",
}  # fmt: skip
COMPANIES = ["S.r.l.", "S.p.A.", "& Figli S.n.c.", "Soc. Coop."]


def write(file, count, seed=1):
    """Rows in the order of their keys, as a program exports them."""
    chance = random.Random(seed)
    whole, one_of = chance.randrange, chance.choice
    towns = list(TOWNS.items())
    file.write("key,kind,name,town,language,shared,note,phone1,phone2,phone3\n")
    for number in range(count):
        town, district = one_of(towns)
        last = one_of(LAST).replace("_", " ")
        digits = str(whole(10 ** (9 - len(district)), 10 ** (10 - len(district))))
        fixed = one_of([f"{district} {digits}", f"+39{district}{digits}", f"+39 {district} {digits[:3]} {digits[3:]}"])
        mobile = f"3{whole(20, 40)}{whole(1000000, 10000000)}"
        mobile = one_of([mobile, f"+39{mobile}", f"{mobile[:3]} {mobile[3:]}"]) if whole(2) else ""
        if whole(8):
            kind, name = "person", f"{one_of(FIRST)} {last}"
        else:
            kind, name = "company", f'"{last}, {one_of(COMPANIES)}"'
        file.write(f"C-{number:07},{kind},{name},{town},it,no,,{fixed},{mobile},\n")


if __name__ == "__main__":
    write(sys.stdout, int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
