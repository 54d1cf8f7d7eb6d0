import { z } from "zod";
import { sha256Of } from "./digest.ts";
import { type Digest, Name } from "./ids.ts";

/** The health of one component of a machine, as its probe found it last. `reason` says why it is not healthy. */
export const ComponentHealth = z.strictObject({
	component: Name,
	healthy: z.boolean(),
	reason: z.string().max(512).optional(),
});
export type ComponentHealth = z.infer<typeof ComponentHealth>;

/** The health of all components, sorted by name. */
export const Health = z.array(ComponentHealth).max(64);
export type Health = z.infer<typeof Health>;

/** The digest of a health report. Every beat carries it, so that the coordinator notices that it missed a report. */
export function healthDigest(health: Health): Digest {
	const verdicts = health.map(({ component, healthy }) => `${component}=${healthy}`).sort();
	return sha256Of(verdicts.join("\n"));
}
