"""Whether a job that had ended is a new attempt."""

from typing import Any

import pytest

from custom_components.printago.api.models.records import PrintJob
from custom_components.printago.model.changes import was_retried
from tests.support.farm_model import JOB, job, stamp

AT = "printingCompletedAt"


@pytest.mark.parametrize(
    ("before", "after", "retried"),
    [
        ({"status": "completed"}, {"status": "pending"}, True),
        ({"status": "failed"}, {"status": "completed"}, True),
        ({"status": "printing"}, {"status": "pending"}, False),
        ({"status": "printing", AT: stamp(1)}, {"status": "printing", AT: stamp(2)}, False),
        ({"status": "completed", AT: stamp(1)}, {"status": "completed", AT: stamp(2)}, True),
        ({"status": "completed", AT: stamp(1)}, {"status": "completed", AT: stamp(1)}, False),
        ({"status": "completed", AT: stamp(2)}, {"status": "completed", AT: stamp(1)}, False),
        ({"status": "completed", AT: stamp(1)}, {"status": "completed"}, False),
        ({"status": "completed"}, {"status": "completed", AT: stamp(1)}, False),
        ({"status": "completed"}, {"status": "completed"}, False),
    ],
)
def test_job_is_a_new_attempt_by_another_status_or_a_later_end(
    before: dict[str, Any], after: dict[str, Any], retried: bool
) -> None:
    jobs = (PrintJob.from_json(JOB, job(**fields)) for fields in (before, after))
    assert was_retried(*jobs) is retried
