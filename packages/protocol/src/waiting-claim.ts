import { z } from "zod";

/** A PersistentVolumeClaim that no provisioner will ever see: it names no StorageClass and none is the default, or one that is not there. */
export const WaitingClaim = z.strictObject({
	namespace: z.string().max(63),
	name: z.string().max(253),
	/** The class that it names and that is not there. */
	storageClass: z.string().max(253).optional(),
});
export type WaitingClaim = z.infer<typeof WaitingClaim>;
