import { z } from "zod";
import { Digest, Generation, MachineId, Name } from "../ids.ts";
import { TargetContent } from "../target.ts";

/** `GET /v1/machines/{id}/target`. The content of a file that others may not read is replaced by its digest. */
export const TargetView = z.strictObject({
	machineId: MachineId,
	nodeName: Name,
	/** What was issued last; absent when nothing was yet. */
	generation: Generation.optional(),
	issued: Digest.optional(),
	/** The digest of the whole content, before anything was replaced. */
	digest: Digest,
	content: TargetContent,
});
export type TargetView = z.infer<typeof TargetView>;
