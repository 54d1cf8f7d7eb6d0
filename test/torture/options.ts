import { z } from "zod";
import { roundsNamed } from "./etcd/rounds.ts";

export const USAGE = `Usage: npm run torture -- [--minutes N] [--rounds N] [--seed S] [--round TEXT] [--only log|etcd]

Real coordinators, nats-server, agents and etcd, treated badly at random; what they acknowledged is looked for afterwards.
  --minutes N   for so long (default 5), as far as a trial ends
  --rounds N    of etcd: so many rounds, however long they take
  --seed S      the moves of an earlier run (default: another one each time)
  --round TEXT  of etcd: only rounds with this text in their names; of several texts, with ; between them, one after the other
  --only PART   log: coordinators and the event log; etcd: members of etcd
`;

/** What a run of it is told. */
export const Options = z.strictObject({
	minutes: z.coerce.number().positive().max(10_000).default(5),
	rounds: z.coerce.number().int().positive().max(10_000).optional(),
	seed: z.coerce.number().int().min(0).max(4_294_967_295).optional(),
	round: z
		.string()
		.transform((texts) => texts.split(";").map((text) => text.trim()))
		.refine((texts) => texts.every((text) => roundsNamed(text).length > 0), "no round has this text in its name")
		.optional(),
	only: z.enum(["log", "etcd"]).optional(),
});

export type TortureOptions = z.infer<typeof Options>;
