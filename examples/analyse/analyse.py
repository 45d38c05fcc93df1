"""A year of heart rates and weights in pandas, and a picture of it. Run it as it is, or cell by cell in an editor that
knows `# %%`."""

# %% Sign in. The client is the demo's; for one of your own give its id, secret and redirect URI.
import os
from datetime import UTC, datetime, timedelta

import matplotlib.pyplot as plt
import pandas as pd
from client import BorvoClient
from year import list_year

borvo = BorvoClient(
    os.environ.get("ANALYSE_ISSUER", "http://localhost:8000"),
    os.environ.get("ANALYSE_CLIENT_ID", "demo.code"),
    os.environ.get("ANALYSE_CLIENT_SECRET", "demo-code-secret-0123456789"),
    os.environ.get("ANALYSE_REDIRECT_URI", "http://localhost:5001/signin-oidc"),
)
borvo.sign_in("read.heart_rate", "write.heart_rate", "read.body_mass", "write.body_mass")

# %% Nobody has a year of readings in a fresh demo, so write one: 52,925 samples, the second time none.
now = datetime.now(UTC)
print(f"{borvo.write(list_year(now)):,} new samples")  # noqa: T201

# %% Read the year. The dates keep the offset of the person's clock; in UTC they make one index.
since = (now - timedelta(days=365)).isoformat()
fields = "type,dateRange,quantityValue"
samples = borvo.read(
    "heart_rate",
    "body_mass",
    **{"RangeOfStartDate.LowerBound": since, "unit": ["/min", "kg"], "fields": fields},
)
frame = pd.json_normalize(list(samples))
frame["time"] = pd.to_datetime(frame["dateRange.lowerBound"], utc=True, format="ISO8601")
values = frame.set_index("time").sort_index()[["type", "quantityValue"]]
print(values.groupby("type")["quantityValue"].describe().round(1))  # noqa: T201

# %% Plot it: what is slow shows by the week, what is daily by the hour.
rates = values.loc[values["type"] == "heart_rate", "quantityValue"]
weights = values.loc[values["type"] == "body_mass", "quantityValue"]
figure, (top, middle, bottom) = plt.subplots(3, 1, figsize=(9, 10), layout="constrained")
rates.resample("W").mean().plot(ax=top, title="Heart rate by the week", ylabel="beats a minute", xlabel="")
rates.groupby(rates.index.hour).mean().plot(
    ax=middle, title="Heart rate by the hour of the day", ylabel="beats a minute", xlabel="hour, UTC"
)
weights.resample("W").mean().plot(ax=bottom, title="Weight by the week", ylabel="kg", xlabel="")
figure.savefig("year.png", dpi=120)
print("year.png shows it")  # noqa: T201
