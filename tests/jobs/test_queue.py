"""The queue and the leases on it, without processes: what the database alone decides."""

from __future__ import annotations

import threading
import time

import pytest
from sqlalchemy import update

from erc_core.errors import CancelledError, InputError, JobError, StoreError
from erc_core.jobs import context as contexts
from erc_core.jobs import lease as leases
from erc_core.jobs.context import JobContext, Watch
from erc_core.jobs.lease import Lease, claim
from erc_core.jobs.queue import cancel, jobs_of, status, submit
from erc_core.jobs.states import JobState
from erc_core.jobs.worker import run
from erc_core.store.removal import DAY_S
from erc_core.store.store import Store
from erc_core.store.tables import jobs
from erc_core.types import Span
from tests.jobs.sample_jobs import SAMPLE, Numbers
from tests.store.sample_values import analysis, with_clip

COUNT = SAMPLE + "count"


def ask(store: Store, owner: str = "ana", name: str = "a", shared: bool = False, **params: object) -> str:
    return submit(store, COUNT, {"name": name, "journal": "j", **params}, owner, f"label of {owner}", shared=shared)


def taken(store: Store, worker: str = "w1") -> Lease:
    lease = claim(store.database, worker)
    assert lease is not None
    return lease


def finish(store: Store) -> JobState:
    """Let a worker take the next job and find it done, with a result."""
    lease = taken(store)
    store.put_result("numbers", lease.job, Span(0.0, 1.0))
    leases.finish(store.database, lease, lease.job)
    return status(store, lease.job, lease.owner)


def test_a_job_waits_with_its_label_and_its_place_in_the_line(store: Store) -> None:
    first, second = ask(store, name="a"), ask(store, name="b")
    assert (status(store, first, "ana").state, status(store, first, "ana").ahead) == ("queued", 0)
    assert (status(store, second, "ana").label, status(store, second, "ana").ahead) == ("label of ana", 1)
    assert [state.id for state in jobs_of(store, "ana")] == [second, first]


def test_equal_requests_of_one_session_are_one_job(store: Store) -> None:
    assert ask(store) == ask(store)
    assert len({ask(store, name="b"), ask(store, seed=1), ask(store)}) == 3


def test_shared_requests_of_two_sessions_are_one_job_and_others_are_not(store: Store) -> None:
    assert ask(store, "ana") != ask(store, "bob")
    assert ask(store, "ana", shared=True) == ask(store, "bob", shared=True)
    assert {state.label for state in jobs_of(store, "bob")} == {"label of bob"}


def test_no_session_sees_or_cancels_the_job_of_another(store: Store) -> None:
    job = ask(store)
    for action in (status, cancel):
        with pytest.raises(JobError, match="There is no such job"):
            action(store, job, "bob")
    assert jobs_of(store, "bob") == ()


@pytest.mark.parametrize("function", ["", "os.system", "os:system:x", "os:system()", "../os:system", ":x"])
def test_a_request_without_a_function_is_refused(store: Store, function: str) -> None:
    with pytest.raises(JobError, match=r"A job needs a function\..*allowed: package\.module:function"):
        submit(store, function, {}, "ana", "")


def test_parameters_that_are_not_json_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be written as JSON"):
        submit(store, COUNT, {"span": Span(0.0, 1.0)}, "ana", "")


def test_jobs_are_taken_in_the_order_of_their_asking_and_each_by_one_worker(store: Store) -> None:
    asked = [ask(store, name=f"{number}") for number in range(12)]
    found: list[Lease] = []

    def work(worker: str) -> None:
        while (lease := claim(store.database, worker)) is not None:
            found.append(lease)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(lease.job for lease in found) == sorted(asked)
    assert claim(store.database, "w") is None


def test_a_job_runs_for_the_session_that_asked_first(store: Store) -> None:
    ask(store, "ana", shared=True)
    ask(store, "bob", shared=True)
    lease = taken(store)
    assert (lease.owner, lease.function, lease.params) == ("ana", COUNT, {"name": "a", "journal": "j"})


def test_a_done_job_is_not_run_again_while_its_result_is_there(store: Store) -> None:
    job = ask(store)
    assert finish(store).state == "done"
    assert ask(store) == job
    assert status(store, job, "ana").state == "done"


def test_a_done_job_whose_result_was_deleted_is_run_again(store: Store) -> None:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    job = ask(store)
    lease = taken(store)
    store.put_analysis(analysis(clip), "key", "ana")
    leases.finish(store.database, lease, "key")
    assert ask(store) == job
    assert status(store, job, "ana").result_key == "key"
    store.delete_dialogue(clip.id, "ana")
    assert ask(store) == job
    assert status(store, job, "ana").state == "queued"


def test_a_job_that_filed_a_dialogue_is_done_while_that_is_there_and_deleted_with_it(store: Store) -> None:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    job = ask(store)
    leases.finish(store.database, taken(store), clip.id)
    assert status(store, ask(store), "ana").state == "done"
    store.delete_dialogue(clip.id, "ana")
    with pytest.raises(JobError, match="no such job"):
        status(store, job, "ana")


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_a_failed_or_cancelled_job_is_run_again_when_asked_for_again(store: Store, end: str) -> None:
    job = ask(store)
    if end == "failed":
        leases.fail(store.database, taken(store), "The clip has no sound.")
        assert status(store, job, "ana").message == "The clip has no sound."
    else:
        cancel(store, job, "ana")
    assert status(store, job, "ana").state == end
    assert ask(store) == job
    again = status(store, job, "ana")
    assert (again.state, again.message, again.attempts, again.finished_s) == ("queued", "", 0, None)


def test_a_waiting_job_is_cancelled_at_once(store: Store) -> None:
    job = ask(store)
    cancel(store, job, "ana")
    assert status(store, job, "ana").state == "cancelled"
    assert claim(store.database, "w1") is None


def test_a_job_that_another_session_wants_too_is_not_cancelled(store: Store) -> None:
    job = ask(store, "ana", shared=True)
    ask(store, "bob", shared=True)
    cancel(store, job, "ana")
    assert jobs_of(store, "ana") == ()
    assert status(store, job, "bob").state == "queued"
    cancel(store, job, "bob")
    assert status(store, job, "bob").state == "cancelled"


def test_a_cancelled_job_tells_its_worker_to_stop(store: Store) -> None:
    job = ask(store)
    lease = taken(store)
    assert leases.may_go_on(store.database, lease)
    cancel(store, job, "ana")
    assert not leases.may_go_on(store.database, lease)
    assert not leases.report(store.database, lease, "faces", 0.5, 0.0)
    leases.stop(store.database, lease)
    assert status(store, job, "ana").state == "cancelled"


def test_a_job_asked_for_again_while_it_stops_goes_back_in_line(store: Store) -> None:
    job = ask(store)
    lease = taken(store)
    cancel(store, job, "ana")
    ask(store)
    leases.stop(store.database, lease)
    assert (status(store, job, "ana").state, status(store, job, "ana").attempts) == ("queued", 0)


def test_a_worker_that_lost_its_job_changes_nothing(store: Store) -> None:
    job = ask(store)
    lost = taken(store, "w1")
    leases.release(store.database, ["w1"], 3, counted=True)
    now = taken(store, "w2")
    leases.finish(store.database, lost, "wrong")
    leases.fail(store.database, lost, "wrong")
    leases.stop(store.database, lost)
    leases.end_step(store.database, lost, "wrong", 0, 1.0, stored=True)
    assert not leases.beat(store.database, lost)
    state = status(store, job, "ana")
    assert (state.state, state.attempts, state.steps, state.message) == ("running", 2, (), "")
    assert leases.beat(store.database, now)


def test_a_job_whose_workers_die_fails_after_the_attempts_that_are_allowed(store: Store) -> None:
    job = ask(store)
    for attempt in (1, 2):
        lease = taken(store)
        leases.report(store.database, lease, "faces", 0.5, time.time())
        leases.release(store.database, ["w1"], 2, counted=True)
        assert status(store, job, "ana").attempts == attempt
    state = status(store, job, "ana")
    assert state.state == "failed"
    assert state.message == (
        "The work was stopped from outside 2 times in faces. allowed: 2 attempts. what to do: often the memory is too "
        "small: try a shorter clip, or a machine with more memory."
    )


def test_a_stop_of_the_program_is_no_attempt(store: Store) -> None:
    job = ask(store)
    for _ in range(5):
        taken(store)
        leases.release(store.database, ["w1"], 2, counted=False)
    assert (status(store, job, "ana").state, status(store, job, "ana").attempts) == ("queued", 0)


def test_a_finished_step_starts_the_count_of_attempts_anew(store: Store) -> None:
    job = ask(store)
    for _ in range(2):
        taken(store)
        leases.release(store.database, ["w1"], 9, counted=True)
    lease = taken(store)
    assert status(store, job, "ana").attempts == 3
    leases.end_step(store.database, lease, "faces", 0, 1.0, stored=True)
    assert status(store, job, "ana").attempts == 1


def test_a_cancelled_job_of_a_dead_worker_is_cancelled_and_not_tried_again(store: Store) -> None:
    job = ask(store)
    taken(store)
    cancel(store, job, "ana")
    leases.release(store.database, ["w1"], 3, counted=True)
    assert status(store, job, "ana").state == "cancelled"


def test_deleting_a_dialogue_deletes_its_jobs_and_stops_the_running_one(store: Store) -> None:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    job = submit(store, COUNT, {"dialogue": clip.id}, "ana", "private title")
    lease = taken(store)
    store.files.log_path(job).write_text("private words")
    with Watch(store, lease) as watch:
        context = JobContext(store, lease, watch)
        context.once("decode", Span, lambda: Span(0.0, 1.0))
        store.delete_dialogue(clip.id, "ana")
        with pytest.raises(CancelledError):
            context.progress("faces", 0.0)
    assert jobs_of(store, "ana") == ()
    assert not store.files.log_path(job).exists()
    assert store.check().results == 0


def test_a_job_that_is_taken_up_while_its_dialogue_is_deleted_is_stopped(store: Store) -> None:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    job = submit(store, COUNT, {"dialogue": clip.id}, "ana", "")
    deleting = threading.Thread(target=store.delete_dialogue, args=(clip.id, "ana"))
    with store.database.write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job).values(state="running", worker="w1"))
        deleting.start()
        time.sleep(0.3)  # the deleting has come as far as it can
    deleting.join()
    assert not leases.may_go_on(store.database, Lease(job, "w1", COUNT, clip.id, "ana"))


def test_a_job_that_is_asked_for_again_while_old_ones_are_swept_stays(store: Store) -> None:
    job = ask(store)
    cancel(store, job, "ana")
    sweeping = threading.Thread(target=store.sweep, args=(time.time() + 8 * DAY_S,))
    with store.database.write() as connection:
        connection.execute(update(jobs).where(jobs.c.id == job).values(state="queued", finished_s=None))
        sweeping.start()
        time.sleep(0.3)  # the sweep has come as far as it can
    sweeping.join()
    assert status(store, job, "ana").state == "queued"


def test_a_job_that_says_what_it_is_about_is_deleted_with_that_dialogue(store: Store) -> None:
    clip = with_clip(store)
    store.put_dialogue(clip, "ana")
    ask(store)
    lease = taken(store)
    with Watch(store, lease) as watch:
        JobContext(store, lease, watch).about(clip.id)
    store.delete_dialogue(clip.id, "ana")
    assert jobs_of(store, "ana") == ()


def test_deleting_a_dialogue_leaves_the_job_that_another_session_watches(store: Store) -> None:
    for owner in ("ana", "bob"):
        clip = with_clip(store, owner=owner)
        store.put_dialogue(clip, owner)
        submit(store, COUNT, {"dialogue": clip.id}, owner, owner, shared=True)
    store.delete_dialogue(clip.id, "ana")
    assert jobs_of(store, "ana") == ()
    assert [state.label for state in jobs_of(store, "bob")] == ["bob"]


def test_progress_is_written_and_its_steps_are_timed(store: Store) -> None:
    job = ask(store)
    lease = taken(store)
    with Watch(store, lease) as watch:
        context = JobContext(store, lease, watch)
        context.progress("decode", 0.0)
        context.progress("decode", 1.0)
        context.progress("faces", 0.0)
        context.progress("faces", 2.0)
    state = status(store, job, "ana")
    assert (state.state, state.step, state.fraction) == ("running", "faces", 1.0)
    assert [step.name for step in state.steps] == ["decode"]
    assert state.steps[0].seconds >= 0
    assert state.eta_s == 0.0


def test_progress_within_a_step_is_not_written_at_every_call(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contexts, "WRITE_EVERY_S", 60.0)
    job = ask(store)
    lease = taken(store)
    with Watch(store, lease) as watch:
        context = JobContext(store, lease, watch)
        context.progress("decode", 0.0)
        context.progress("decode", 0.01)
        assert status(store, job, "ana").fraction == 0.0
        context.progress("decode", 1.0)
        assert status(store, job, "ana").fraction == 1.0


def test_a_step_is_computed_once_even_for_another_worker(store: Store) -> None:
    ask(store)
    computed = []

    def compute() -> Span:
        computed.append(1)
        return Span(1.0, 2.0)

    for worker in ("w1", "w2"):
        lease = taken(store, worker)
        with Watch(store, lease) as watch:
            assert JobContext(store, lease, watch).once("decode", Span, compute) == Span(1.0, 2.0)
        leases.release(store.database, [worker], 3, counted=True)
    assert len(computed) == 1


def test_a_step_that_returns_another_type_is_a_clear_error(store: Store) -> None:
    ask(store)
    lease = taken(store)
    with Watch(store, lease) as watch, pytest.raises(InputError, match="The step decode returned another type"):
        JobContext(store, lease, watch).once("decode", Numbers, lambda: Span(0.0, 1.0))  # type: ignore[arg-type,return-value]


def test_a_done_job_leaves_no_results_of_its_steps(store: Store, tmp_path: object) -> None:
    job = ask(store, journal=f"{tmp_path}/journal")
    lease = taken(store)
    assert run(store, lease)
    state = status(store, job, "ana")
    assert state.state == "done"
    assert [step.name for step in state.steps] == ["decode", "features", "model"]
    assert store.check().results == 1
    assert store.result("numbers", state.result_key, Numbers) is not None


def test_the_estimate_of_a_job_comes_from_earlier_ones(store: Store, tmp_path: object) -> None:
    for name in ("a", "b"):
        ask(store, name=name, journal=f"{tmp_path}/journal", seconds=0.2)
        run(store, taken(store))
    job = ask(store, name="c", seconds=0.2)
    lease = taken(store)
    leases.report(store.database, lease, "decode", 0.0, time.time())
    eta_s = status(store, job, "ana").eta_s
    assert eta_s is not None
    assert 0.4 < eta_s < 10


@pytest.mark.parametrize(("function", "message", "fit"), [
    ("refuse", "The clip has no sound. got: 0 streams. what to do: choose another clip.", True),
    ("break_down", "The work met a defect of the program. got: ZeroDivisionError. what to do: try again, and report it "
                   "with the job's log.", False),
    ("starve", "The work needs more memory than there is. what to do: try a shorter clip, or a machine with more "
               "memory.", False),
    ("nothing", "A job names a function that is not there. got: tests.jobs.sample_jobs:nothing. what to do: start it "
                "again.", True),
])  # fmt: skip
def test_a_failed_job_says_why_in_a_sentence_and_keeps_its_traceback_in_a_log(
    store: Store, function: str, message: str, fit: bool
) -> None:
    job = submit(store, SAMPLE + function, {}, "ana", "")
    assert run(store, taken(store)) is fit
    state = status(store, job, "ana")
    assert (state.state, state.message) == ("failed", message)
    assert "Traceback" in store.files.log_path(job).read_text()


def test_old_jobs_are_swept_with_their_logs(store: Store) -> None:
    job = submit(store, SAMPLE + "refuse", {}, "ana", "")
    run(store, taken(store))
    assert store.sweep(time.time() + 6 * 86_400).jobs == 0
    assert store.sweep(time.time() + 8 * 86_400).jobs == 1
    assert jobs_of(store, "ana") == ()
    assert not store.files.log_path(job).exists()
