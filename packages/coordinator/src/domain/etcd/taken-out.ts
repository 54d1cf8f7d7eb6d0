/** Why a boot gets no target that etcd is asked to take out, and counts as a voter until then. */
export const LEAVES = "etcd is just taking this boot of the machine out: wait until that is done";

/** Why a boot gets no target that etcd took out, or that lost the memory of its member. */
export const TAKEN_OUT =
	"etcd took this boot of the machine out, or its memory of etcd was lost; boot it anew, and it joins with empty memory";
