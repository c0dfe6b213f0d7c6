"""Makes the builders of events importable for the tests of kpi."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
