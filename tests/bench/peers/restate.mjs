// The shapes as a service of Restate: each upper-cased text is a journaled step (`ctx.run`). Usage: node restate.mjs PORT

import * as restate from "@restatedev/restate-sdk";

// The SDK wants Node 22; all that it misses in Node 20 is this.
Promise.withResolvers ??= () => {
  const made = {};
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
  return made;
};

const upper = (ctx, text) => ctx.run("upper", () => text.toUpperCase());

async function chain(ctx, steps, given) {
  let text = given;
  for (let step = 0; step < steps; step++) text = await upper(ctx, text);
  return { text };
}

const bench = restate.service({
  name: "bench",
  handlers: {
    chain: (ctx, { text }) => chain(ctx, 100, text),
    burst: (ctx, { text }) => chain(ctx, 3, text),
    trip: (ctx, { text }) => chain(ctx, 3, text),
    rested: (ctx, { text }) => chain(ctx, 3, text),
    fan: async (ctx, { text }) => {
      const steps = Array.from({ length: 100 }, () => upper(ctx, text));
      const all = await restate.RestatePromise.all(steps);
      return { text: all[99] };
    },
  },
});

restate.serve({ services: [bench], port: Number(process.argv[2]) });
