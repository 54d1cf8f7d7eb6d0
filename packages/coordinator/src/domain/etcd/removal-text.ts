/** How a person gives up machines that hold nothing of etcd. */
export const REMOVE = "rollcall remove what is gone for good";
/** How a person gives up machines together with what etcd has in their memory. */
export const REMOVE_WITH_LOSS = "rollcall remove --accept-loss etcd what is gone for good";
