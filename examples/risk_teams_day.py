# %% [markdown]
"""A risk team's day: limits, value at risk and how sure it is, who causes the margin, and what a change of rules does.

All of it is offline, on the bundled snapshot and the demo book of seven accounts.
"""

# %%
from pathlib import Path
from tempfile import TemporaryDirectory

import seawall as sw
from seawall.scenarios import Covariance, Sampling, StudentT

now = sw.load_snapshot("deribit-btc-2026-08-01")
book = sw.load_book("demo", snapshot=now)
policy = sw.load_policy("deribit/x_pm", time=now.time_ns)

# %% [markdown]
# One day of Student-t moves, four degrees of freedom. The seed is part of the question.

# %%
days = StudentT(Covariance.of({"BTC": 0.6}), 4, 1 / 365, Sampling(count=10_000, seed=1, antithetic=False)).scenarios()
tail = sw.value_at_risk(book, now, days, confidence=0.99)
print("one day, 99 %             VaR, USD     ES, USD        interval of ES, 95 %")
for one in tail.accounts:
    low, high = one.risk.expected_shortfall_interval
    print(f"  {one.account:<26}{one.risk.value_at_risk:>8,.0f}{one.risk.expected_shortfall:>12,.0f}"
          f"{low:>14,.0f} to {high:,.0f}")  # fmt: skip
    assert low < one.risk.expected_shortfall < high
*accounts, together = tail.accounts
alone = sum(one.risk.expected_shortfall for one in accounts)
print(f"  together {together.risk.expected_shortfall / alone:.0%} of the sum of all accounts")
assert together.risk.expected_shortfall <= alone

# %% [markdown]
# Limits are a file. What can't be computed counts as a breach.

# %%
DESK = """
title = "Desk limits"

[[limit]]
name = "vega"
measure = "vega_usd"
min = -100_000
max = 100_000

[[limit]]
name = "tail"
measure = "expected_shortfall_usd"
max = 150_000

[[limit]]
name = "headroom"
measure = "headroom_ratio"
min = 0.1
"""
trade = "BTC-25SEP26-70000-C -100"
with TemporaryDirectory() as folder:
    limits = Path(folder, "limits.toml")
    limits.write_text(DESK)
    report = sw.check_limits(book, now, limits, policy, scenarios=days)
    asked = sw.what_if(book, now, trade, policy, account="short_strangle", limits=limits, scenarios=days).check
print(f"\n{len(report.breaches)} of {len(report.rows())} limits are breached")
for breach in report.breaches:
    print(f"  {breach.limit.name:<10}{breach.account:<28}{breach.measured:>14,.2f}")
print(f"a hundred calls more: {'accepted' if asked.accepted else 'refused'}, {asked.reasons[0]}")
assert report.breaches and not asked.accepted

# %% [markdown]
# Who causes the margin: shares by holding, which sum to the margin with the unallocated rest.

# %%
shares = sw.attribute(book, now, policy, account="covered_call").shares
print(f"\nmargin of covered_call, {shares.initial:,.0f} USD, binds at {shares.binding}")
for share in shares.shares:
    print(f"  {share.name:<26}{share.initial:>12,.0f}")
print(f"  {'unallocated':<26}{round(shares.unallocated_initial):>12,}")
whole = sum(share.initial for share in shares.shares) + shares.unallocated_initial
assert abs(whole - shares.initial) < 1e-6 * shares.initial

# %% [markdown]
# Why it changed: twenty puts were sold and the rule was tightened. With `since_snapshot=` time and market have
# parts too; here both books stand in the same market.

# %%
before = book.account("short_strangle")
sold = sw.Position("BTC-25SEP26-50000-P", -20.0)
later = sw.Book.of([sw.Account(before.id, (*before.positions, sold), before.balances)])
tighter = policy.with_numbers({"currency_pair.btc_usd.price_range": 0.20})
change = sw.attribute(later, now, tighter, account="short_strangle", since=book, since_policy=policy).change
print(f"\nshort_strangle: initial margin {change.before['initial']:,.0f} -> {change.after['initial']:,.0f} USD")
for part in change.parts:
    print(f"  {part.cause:<12}{part.initial:>+14,.0f}")
total = change.after["initial"] - change.before["initial"]
assert abs(sum(part.initial for part in change.parts) - total) < 1e-6 * change.after["initial"]

# %% [markdown]
# What the tightening does to everyone, and whom it alone would call.

# %%
impact = sw.policy_impact(policy, tighter, book, now)
print("\nprice range 16 % -> 20 %        change, USD     stands")
for row in impact.rows():
    stands = f"{row['standing_before']} -> {row['standing_after']}"
    print(f"  {row['account']:<28}{row['initial_change_usd']:>+13,.0f}     {stands}")
print(f"newly called: {', '.join(impact.newly_called) or 'nobody'}")
assert (impact.initial_change_usd >= 0.0).all()
