import { z } from "zod";

/** Why no target can be rendered for a seat, as a kind by which coordinators decide; the reason beside it is for people. */
export const ImpossibleKind = z.enum([
	/** The machine, the document or the fleet's keys do not allow it. */
	"unfit",
	/** etcd does not begin on the machine, or goes on without it, until others have done something. */
	"etcd-waits",
	/** etcd is just asked to take this boot out, and counts its vote until then. */
	"etcd-leaves",
	/** etcd took this boot out, or it lost the memory of its member. */
	"etcd-took-out",
	/** The member's address changed while its boot went on. */
	"etcd-moved",
]);
export type ImpossibleKind = z.infer<typeof ImpossibleKind>;
