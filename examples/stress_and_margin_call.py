# %% [markdown]
"""A stress and a margin call: days that happened, the way through one of them, and a trade that dies without a loss.

All of it is offline, on the bundled snapshot and the demo book of seven accounts.
"""

# %%
import seawall as sw
from seawall.risk.call_figures import Vulnerability

POLICY = "deribit/x_pm"
now = sw.load_snapshot("deribit-btc-2026-08-01")
book = sw.load_book("demo", snapshot=now)

# %% [markdown]
# Four days that happened, done to the book of today. Each account is told at the step that is worst for it.

# %%
EVENTS = ("2020-03-12", "2022-11-08", "2025-10-10", "2026-02-05")
stress = sw.stress(book, now, EVENTS, POLICY)
print("status at the worst step          " + "".join(f"{name:>13}" for name in EVENTS))
for account in stress.accounts:
    row = [stress.of(account, name) for name in EVENTS]
    print(f"  {account:<32}" + "".join(f"{one.status:>13}" for one in row))
    print(f"  {'  P&L there, USD':<32}" + "".join(f"{one.pnl:>13,.0f}" for one in row))
gone = {name: [one.account for one in stress if one.scenario == name and one.status == "liquidated"] for name in EVENTS}
assert "cash_and_carry" not in gone["2025-10-10"]

# %% [markdown]
# What a scenario holds and no margin can take in is named, not dropped.

# %%
for leg in stress.not_applied("2025-10-10"):
    print(f"not applied: {leg.name}: {leg.note}")

# %% [markdown]
# The way through March 2020, step by step: every shortfall is paid at once, and the market goes on.

# %%
path = sw.margin_path(book, now, "2020-03-12", POLICY, answer="pay")
print("\nshort_strangle along 2020-03-12        equity        margin     called")
for step in path.of("short_strangle"):
    print(f"  {step.label:<26}{step.equity:>16,.0f}{step.initial_margin:>14,.0f}{step.called:>11,.0f}")
need = path.liquidity_need_usd
print("\ncash that it takes to get through, USD")
for account, usd in sorted(need.items(), key=lambda pair: -pair[1]):
    print(f"  {account:<26}{usd:>14,.0f}")
ignored = sw.margin_path(book, now, "2020-03-12", POLICY, answer="ignore")
assert all(usd >= 0.0 for usd in need.values()) and max(need.values()) > 0.0
assert sum(step.paid for step in ignored.steps) == 0.0

# %% [markdown]
# The basis trade. Coin lies with a custodian, the same amount of perpetual is sold here against dollars: no price risk,
# and yet a rally calls it, for the gain is elsewhere and takes hours to arrive.

# %%
basis = {"BTC-PERPETUAL": -1_000_000, "USDC": 200_000}
MONEY = (f"coin in custody: {1_000_000 / now.index['BTC']:.4f} BTC in 4h less 0.2%", "bank desk: 10000 USD in 1h")


def asked(deadline_hours: float) -> Vulnerability:
    """Return how vulnerable the trade is where the venue waits so long."""
    return sw.vulnerability(
        basis, now, POLICY, days=14, deadline_hours=deadline_hours, sources=MONEY, vol=0.45,
        jumps="12 a year, mean 1%, sd 5%",
    )  # fmt: skip


tight, slow = asked(2.0), asked(6.0)
print("\nthe basis trade in two weeks         deadline 2 h    deadline 6 h")
print(f"  chance of a call               {tight.probability.value:>16.2%}{slow.probability.value:>16.2%}")
print(f"  calls that can be paid         {tight.can_pay.value:>16.1%}{slow.can_pay.value:>16.1%}")
print(f"  comes too late                 {', '.join(tight.too_late):>16}{', '.join(slow.too_late) or 'nothing':>16}")
low, high = tight.probability.lower, tight.probability.upper
print(f"  interval of the chance, 99 %   {low:.2%} to {high:.2%}")
assert tight.down.kind == "none" and tight.up.kind == "crossing"
assert slow.can_pay.value > tight.can_pay.value
for note in tight.notes:
    print(f"  {note}")
