/* One who may not be here any more: nothing is taken from it or sent to it but its bye, for which it has a
 * moment before its connection is cut. */
#include "daemon/clients_internal.h"

#include "daemon/lends.h"
#include "daemon/server.h"
#include "shared/clock.h"
#include "shared/log.h"

enum { BYE_MS = CLIENT_DENIED_MS / 2 }; /* a busy loop is late */

static void on_deny(uv_timer_t *timer)
{
    struct clients *clients = timer->data;
    int64_t now = clock_steady_ms(), next = 0;
    for (size_t i = clients->count; i-- > 0;) {
        struct client *client = clients->all[i];
        if (!client->denied_until)
            continue;
        if (client->denied_until <= now)
            client_cut(clients, client, "denied");
        else if (!next || client->denied_until < next)
            next = client->denied_until;
    }
    if (next)
        uv_timer_start(timer, on_deny, (uint64_t)(next - now), 0);
}

void client_deny(struct clients *clients, struct client *client)
{
    if (client->denied_until)
        return;
    log_info("client", "%s of user=%s is denied from now on", log_id(client->id), client->principal.user);
    client->denied_until = clock_steady_ms() + BYE_MS;
    client->principal.user[0] = '\0';
    client->principal.admin = false;
    client->principal.most = ROLE_NONE;
    client->mine = client->mine_behind = client->dismissed = false;
    client_drop_replies(client);
    client_end_subscriptions(clients, client, "revoked");
    lends_end(clients->server->lends, client, NULL, "gone");
    client_send_bye(clients, client, "denied", 0);
    if (!uv_is_active((uv_handle_t *)&clients->deny))
        uv_timer_start(&clients->deny, on_deny, BYE_MS, 0);
}
