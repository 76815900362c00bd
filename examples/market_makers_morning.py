# %% [markdown]
"""A market maker's morning: what is held, what it needs, how far a call is, and what the next trade would do.

All of it is offline, on the bundled snapshot and the demo book of seven accounts.
"""

# %%
import seawall as sw

POLICY = "deribit/x_pm"
now = sw.load_snapshot("deribit-btc-2026-08-01")
book = sw.load_book("demo", snapshot=now)

# %% [markdown]
# Margin of every account. An amount without a price would be NaN with a reason, never zero.

# %%
margins = sw.margin(book, now, POLICY)
print(f"margin of {len(margins)} accounts under {margins.policy.id}")
for one in margins:
    assert not one.unavailable, one.unavailable
    call = "  CALLED" if one.available_funds < 0.0 else ""
    print(f"  {one.account:<26}{one.initial_margin:>12,.0f} {one.currency}  ratio {one.margin_ratio:>6.1%}{call}")
called = [one.account for one in margins if one.available_funds < 0.0]
print(f"  short of initial margin: {', '.join(called) or 'nobody'}")

# %% [markdown]
# The strangle alone: which move binds, and on which of the policy's numbers it rests.

# %%
strangle = margins.explain("short_strangle")
[needed] = strangle.margins
print(f"\n{needed.account} binds at {needed.worst_scenario}; evidence {needed.evidence.value}")
assert abs(sum(needed.initial.values()) - needed.initial_margin) < 1e-6
print(f"  rests on {len(strangle.evidence)} numbers and rules, the weakest: {strangle.evidence[0].subject}")

# %% [markdown]
# What the whole book leans on, by expiry. Parts add up to the total, to the last bit.

# %%
exposure = sw.exposures(book, now)
by_expiry = exposure.by("expiry")
print("\nby expiry          delta, coin    gamma for 1 %, USD       vega, USD")
for part in (*by_expiry.parts, by_expiry):
    net = part.net
    print(f"  {part.name:<16}{net['delta']:>14.2f}{net['cash_gamma_usd']:>22,.0f}{net['vega_usd']:>16,.0f}")
assert by_expiry.net["vega_usd"] == sum(part.net["vega_usd"] for part in by_expiry.parts)

# %% [markdown]
# How far the market has to go until the venue acts. Each crossing is found by full margins, none by a Greek.

# %%
found = sw.distance(book, now, POLICY, accounts=["short_strangle", "naked_wing_seller"])
print("\ndistance to liquidation")
for way in found:
    move = f"{way.move:+.1%}" if way.kind == "crossing" else "not within reach"
    print(f"  {way.account:<20}{way.direction:<10}{move:>18}")
    assert way.kind != "crossing" or abs(way.ratio - 1.0) < 1e-6
nearest = min((way for way in found if way.kind == "crossing" and way.prices), key=lambda way: abs(way.move))
print(f"  nearest price: {nearest.account}, {nearest.direction}, at {nearest.prices['BTC']:,.0f} USD")

# %% [markdown]
# The same strangle at four venues.

# %%
venues = sw.compare(book, now, [POLICY, "okx/pm", "bybit/pm", "binance/pm"])
print("\nthe strangle elsewhere    initial margin   against alone    evidence")
for row in venues.rows("short_strangle"):
    print(f"  {row['policy']:<22}{row['initial_margin_usd']:>16,.0f}{row['netting_benefit']:>14.2f} x"
          f"    {row['evidence']}")  # fmt: skip
cheapest = min(venues.rows("short_strangle"), key=lambda row: row["initial_margin_usd"])
print(f"  least at {cheapest['policy']}")

# %% [markdown]
# Before the trade: twenty calls more, and wings that cap the loss. Each wing frees margin, even as the last of three.

# %%
trades = "BTC-25SEP26-70000-C -20, BTC-25SEP26-80000-C +70, BTC-25SEP26-45000-P +50"
asked = sw.what_if(book, now, trades, POLICY, account="short_strangle")
print(f"\nwhat if {trades}")
print(f"  initial margin {asked.initial_before_usd:,.0f} -> {asked.initial_after_usd:,.0f} USD")
for effect in asked.effects:
    print(f"  {effect.trade.instrument:<24}{effect.trade.size:>+8g}{effect.initial_last:>+14,.0f} if traded last")
wings = [effect for effect in asked.effects if effect.trade.size > 0.0]
assert len(wings) == 2 and all(wing.initial_last < 0.0 for wing in wings)
assert asked.initial_after_usd < asked.initial_before_usd
