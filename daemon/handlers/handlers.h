/* The handlers, one a method, by noun in handle_<noun>.c. */
#ifndef STOA_DAEMON_HANDLERS_HANDLERS_H
#define STOA_DAEMON_HANDLERS_HANDLERS_H

#include "daemon/dispatch.h"

/* Never NULL for method < METHOD_COUNT. */
handler_fn *handler_of(enum method method);

handler_fn handle_admin_reload, handle_admin_stats, handle_admin_stop;
/* ask: all that the session's agent answers */
handler_fn handle_mcp_ask, handle_mcp_disconnect, handle_mcp_select, handle_mcp_servers;
handler_fn handle_message_edit_queue, handle_message_history, handle_message_search, handle_message_send;
handler_fn handle_command_list;
handler_fn handle_model_list;
handler_fn handle_question_answer, handle_question_list;
handler_fn handle_rule_add, handle_rule_list, handle_rule_remove;
handler_fn handle_server_hello, handle_server_ping;
handler_fn handle_session_archive, handle_session_command, handle_session_compact, handle_session_fork,
    handle_session_rewind, handle_session_configure, handle_session_create, handle_session_delete,
    handle_session_info, handle_session_interrupt, handle_session_list, handle_session_rename,
    handle_session_snapshot, handle_session_subscribe, handle_session_typing, handle_session_unsubscribe;

/* many people */
handler_fn handle_admin_end, handle_admin_hibernate, handle_admin_metrics, handle_admin_top;
handler_fn handle_audit_list;
handler_fn handle_lend_message, handle_lend_offer, handle_lend_withdraw;
handler_fn handle_pair_redeem, handle_pair_start;
handler_fn handle_secret_list, handle_secret_remove, handle_secret_set;
handler_fn handle_session_share, handle_session_ticket, handle_session_unshare, handle_session_who;
handler_fn handle_ticket_list, handle_ticket_redeem, handle_ticket_revoke;
handler_fn handle_token_issue, handle_token_list, handle_token_login, handle_token_revoke;
handler_fn handle_user_create, handle_user_delete, handle_user_key_add, handle_user_key_revoke,
    handle_user_list, handle_user_show, handle_user_update;

/* {"seq":n}: what most changing requests answer. */
json_t *seq_reply(const struct session *session);
/* participant.joined: that client follows the session, as the user that it is now. */
void announce_participant(struct session *session, const struct client *client);
/* The heads of what a client follows: {session: seq}. */
json_t *client_heads(const struct client *client);

#endif
