/** Roles that rollcall knows by itself: whoever has one is a node, or runs etcd alone. */
export const BUILT_IN_ROLES = ["control-plane", "etcd", "worker"] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];
