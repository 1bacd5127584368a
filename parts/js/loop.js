// Timers, and when the code's promises are done: what an event loop is, on top of the engine's own.
//
// While the engine waits for this program it does one job of a promise, then looks at its own timers, and so on; when one
// of them is due later it sleeps until then, and all jobs with it. So the code's timers are kept here, and the engine
// has one only while no job is left: timers fire when all promises have come as far as they can, as everywhere.
const Eventual = Promise;
const queue = queueMicrotask;
const later = os.setTimeout;
const milliseconds = () => os.now() / 1000;
const LOOKS = 8;

// Resolved when no job is left, which the engine does not tell. A job that puts itself behind all others, again and
// again, lets them be done at full speed. Then timers that are all due at once are set: between two of them the engine
// does one job. If that was ours each time, there was no other.
function drained() {
  return new Eventual((resolve) => {
    let rounds = 64;
    const wait = (left) => queue(() => (left > 0 ? wait(left - 1) : look()));
    const look = () => {
      let alone = true;
      let done = true;
      const fire = (left) => {
        alone &&= done;
        done = false;
        if (left > 0) return queue(() => { done = true; });
        if (alone) return resolve();
        rounds = Math.min(rounds * 4, 16384);
        return wait(rounds);
      };
      for (let left = LOOKS - 1; left >= 0; left -= 1) later(() => fire(left), 0);
    };
    wait(rounds);
  });
}

// In the order of their times, and of their numbers where those are the same.
const timers = [];
let lastTimer = 0;

function keep(timer) {
  let at = timers.length;
  while (at > 0 && timers[at - 1].due > timer.due) at -= 1;
  timers.splice(at, 0, timer);
}

function timersAs(name, repeated) {
  return (call, ms = 0, ...values) => {
    if (typeof call !== "function") throw new TypeError(`the first argument of ${name} must be a function`);
    const every = Math.max(1, Math.trunc(Number(ms)) || 0);
    keep({ id: (lastTimer += 1), due: milliseconds() + every, every: repeated ? every : null, call: () => call(...values) });
    return lastTimer;
  };
}

function clearTimer(id) {
  const at = timers.findIndex((timer) => timer.id === id);
  if (at >= 0) timers.splice(at, 1);
}

// Wait for the earliest timer, and let it fire.
async function fired() {
  const wait = Math.ceil(timers[0].due - milliseconds());
  if (wait > 0) await new Eventual((done) => later(done, wait));
  const timer = timers.shift();
  if (timer.every !== null) keep({ ...timer, due: milliseconds() + timer.every });
  timer.call();
}

// What `call` gives or the promise of it; or what was thrown, by a timer too. A promise that nothing can settle any more
// would keep the part waiting until its time is up.
function settled(call) {
  return new Eventual((resolve, reject) => {
    const run = async () => resolve(await call());
    const turn = async () => {
      for (await drained(); timers.length > 0; await drained()) await fired();
      throw new Refused("js_never_settles", "the promise is never settled: nothing is left that could settle it");
    };
    for (const part of [run, turn]) {
      (async () => {
        try {
          await part();
        } catch (error) {
          reject(error);
        }
      })();
    }
  });
}
