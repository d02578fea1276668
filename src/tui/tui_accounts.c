/* Whose clients are shown: one alone, or several side by side. */
#include "tui_private.h"

#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_change(void *user, unsigned mask)
{
    struct tui_desk *desk = user;
    desk->changed |= mask;
    desk->tui->dirty |= mask;
    /* One that came late is told of after this turn's frame. */
    loop_timer_set(desk->tui->frame_timer, loop_now(desk->tui->loop).mono_us);
    const char *word = client_take_word(desk->client);
    if (word != NULL) {
        tui_notice(desk->tui, "%s%s%s", desk->name != NULL ? desk->name : "",
                   desk->name != NULL ? ": " : "", word);
    }
}

static void listen(struct tui_desk *desk)
{
    client_on_change(desk->client, on_change, desk);
}

static void desk_open(struct tui *tui, const struct tui_account *account)
{
    struct tui_desk *desk = &tui->desks[tui->desk_count];
    *desk = (struct tui_desk){.tui = tui,
                              .client = account->client,
                              .serial = account->serial,
                              .badge = account->badge,
                              .host = account->host,
                              .user = account->user,
                              .section = account->section,
                              .changed = SCREEN_ALL,
                              .visible = RESOURCE_ALL};
    if (account->name != NULL) {
        snprintf(desk->owner.name, sizeof desk->owner.name, "%s", account->name);
        owner_init(&desk->owner, account->name, tui->desk_count);
        desk->name = desk->owner.name;
    }
    tui->desk_count++;
}

static const struct tui_desk *find_desk(const struct tui_desk *desks, size_t count, uint64_t serial)
{
    size_t i = 0;
    while (i < count && desks[i].serial != serial) {
        i++;
    }
    return i < count ? &desks[i] : NULL;
}

/* What was seen of an account goes with it, wherever it stands now. */
static void desk_keep(struct tui_desk *desk, const struct tui_desk *before)
{
    desk->loaded = before->loaded;
    desk->events_seen = before->events_seen;
    desk->painted = before->painted;
    memcpy(desk->badge_before, before->badge_before, sizeof desk->badge_before);
}

/* Of several accounts, what was known of this one; of the only one all is read at once. */
static void remember_desk(struct tui_desk *desk)
{
    struct tui *tui = desk->tui;
    const char *path = tui->settings.state_path;
    if (path != NULL && desk->name != NULL) {
        remember_load_account(path, desk->section, tui->screen, &desk->owner, desk->badge_before);
    }
}

void tui_take_accounts(struct tui *tui, const struct tui_settings *settings)
{
    struct tui_desk *before = mem_calloc(OWNERS_MAX, sizeof *before);
    size_t count = tui->desk_count;
    bool same = count == settings->account_count;
    memcpy(before, tui->desks, count * sizeof *before);
    tui->desk_count = 0;
    for (size_t i = 0; i < settings->account_count && i < OWNERS_MAX; i++) {
        const struct tui_account *account = &settings->accounts[i];
        const struct tui_desk *was = find_desk(before, count, account->serial);
        desk_open(tui, account);
        struct tui_desk *desk = &tui->desks[i];
        same = same && was == &before[i];
        if (was != NULL) {
            desk_keep(desk, was);
        } else {
            remember_desk(desk);
        }
        if (tui->running) {
            listen(desk);
        }
        if (tui->running && was == NULL) {
            client_start(desk->client);
        }
    }
    free(before);
    if (!same && count > 0) { /* rows may be of accounts that there are no more */
        screen_joint_free(tui->joint);
        tui->joint = NULL;
        screen_forget_accounts(tui->screen);
    }
    tui->dirty = SCREEN_ALL;
}

void tui_start_accounts(struct tui *tui)
{
    tui->running = true;
    for (size_t i = 0; i < tui->desk_count; i++) {
        listen(&tui->desks[i]);
        client_start(tui->desks[i].client);
    }
}

void tui_stop_accounts(struct tui *tui)
{
    tui->running = false;
    for (size_t i = 0; i < tui->desk_count; i++) {
        client_on_change(tui->desks[i].client, NULL, NULL);
        client_stop(tui->desks[i].client);
    }
}

bool tui_is_several(const struct tui *tui)
{
    return tui->desk_count != 1 || tui->desks[0].name != NULL;
}

/* --- what the screen is told -------------------------------------------------------------- */

/* Figures from the cache are of the server that was seen then. */
const char *tui_badge(const struct tui_desk *desk)
{
    switch (client_server(desk->client)) {
    case CLIENT_SERVER_MOCK:
        return "MOCK";
    case CLIENT_SERVER_REAL:
        return "REAL";
    default:
        return desk->badge_before;
    }
}

static void fill_rows(const struct tui_desk *desk, struct screen_input *ret)
{
    const struct engine *engine = client_engine(desk->client);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(engine, (enum resource)i, &ret->panes[i]);
        bool cut = client_is_cut(desk->client, (enum resource)i);
        ret->cut |= cut ? RESOURCE_BIT(i) : 0;
    }
    struct pane_state *orders = &ret->panes[RESOURCE_ORDERS];
    const struct snapshot *shown = client_orders(desk->client);
    orders->version = shown == orders->shown ? orders->version : 0; /* with some that are kept */
    orders->shown = shown;
}

/* What there is of one account; what all have in common is in ret already. */
static void fill_desk(struct tui *tui, struct tui_desk *desk, struct screen_input *ret)
{
    struct client *client = desk->client;
    const struct engine *engine = client_engine(client);
    fill_rows(desk, ret);
    ret->wanted = tui->settings.panes != 0 ? tui->settings.panes : RESOURCE_ALL;
    ret->wanted &= client_panes(client);
    ret->conn = client_stream_status(client);
    ret->asking = client_asking(client, &desk->asking) ? &desk->asking : NULL;
    ret->polling = engine_polling(engine, &ret->poll_next_ms);
    ret->poll_every_ms = engine_poll_every_ms(engine);
    ret->event_log = client_event_log(client);
    ret->tape = client_tape(client);
    ret->history = client_history(client);
    const char *past = screen_past_symbol(tui->screen, desk->name != NULL ? &desk->owner : NULL);
    ret->past = past != NULL ? client_past(client, past) : NULL;
    ret->looked_ms = client_looked(client);
    int64_t last_ms;
    ret->day = client_day(client, &last_ms);
    if (ret->day != NULL) { /* its clock stands where it was left */
        ret->now.wall_ms = last_ms != MODEL_NO_TIME ? last_ms : ret->now.wall_ms;
        ret->conn = NULL;
    }
    ret->book = client_book(client);
    ret->events = engine_counters(engine)->events;
    ret->errors = client_errors(client);
    ret->event_latency = client_event_latency(client);
    ret->fetch_latency = client_fetch_latency(client);
    ret->badge = desk->badge != NULL ? desk->badge : tui_badge(desk);
    ret->badge = ret->badge[0] != '\0' ? ret->badge : "?";
    ret->host = desk->host;
}

static void fill_common(const struct tui *tui, struct screen_input *ret)
{
    screen_input_init(ret);
    ret->now = loop_now(tui->loop);
    ret->currency = tui->settings.currency;
    ret->views = tui->settings.views;
    ret->view_count = tui->settings.view_count;
    ret->read_only = true;
    ret->format = tui->format;
    ret->quote_stale_ms = tui->settings.quote_stale_ms;
    ret->keys = keymap_keys(tui->keymap);
    ret->notice = tui->notice[0] == '\0' ? NULL : tui->notice;
}

/* An account is added to others once it is known what its money is. */
static void note_owner(struct tui_desk *desk, const struct screen_input *one)
{
    const struct snapshot *account = one->panes[RESOURCE_ACCOUNT].shown;
    bool told = account != NULL && account->row_count > 0;
    struct owner *owner = &desk->owner;
    owner->kind = owner_kind_of(one->badge);
    owner->alone = owner->kind == OWNER_UNTOLD || !told;
    snprintf(owner->currency, sizeof owner->currency, "%s", told ? account->account->currency : "");
    owner->book = one->book;
    owner->history = one->history;
    owner->tape = one->tape;
}

void tui_fill_input(struct tui *tui, struct screen_input *ret)
{
    fill_common(tui, ret);
    if (!tui_is_several(tui)) {
        fill_desk(tui, &tui->desks[0], ret);
        return;
    }
    if (tui->inputs == NULL) {
        tui->inputs = mem_calloc(OWNERS_MAX, sizeof *tui->inputs);
    }
    if (tui->joint == NULL) {
        tui->joint = screen_joint_new();
    }
    for (size_t i = 0; i < tui->desk_count; i++) {
        struct tui_desk *desk = &tui->desks[i];
        tui->inputs[i] = *ret;
        fill_desk(tui, desk, &tui->inputs[i]);
        note_owner(desk, &tui->inputs[i]);
        tui->owners[i] = &desk->owner;
    }
    tui->accounts = (struct screen_accounts){
        .owners = tui->owners, .of = tui->inputs, .count = tui->desk_count};
    screen_joint_fill(tui->joint, tui->screen, &tui->accounts, ret);
}

/* --- what they are told ------------------------------------------------------------------- */

void tui_trigger(struct tui *tui, enum engine_trigger trigger, resource_mask which)
{
    for (size_t i = 0; i < tui->desk_count; i++) {
        client_trigger(tui->desks[i].client, trigger, which);
    }
}

/* Those that are shown. */
void tui_revalidate(struct tui *tui, resource_mask which)
{
    for (size_t i = 0; i < tui->desk_count; i++) {
        bool several = tui_is_several(tui);
        bool shown =
            !several || tui->accounts.shown == SCREEN_ALL_ACCOUNTS || tui->accounts.shown == i;
        if (shown) {
            client_trigger(tui->desks[i].client, ENGINE_MANUAL, which);
        }
    }
}

void tui_tell_visible(struct tui *tui)
{
    resource_mask visible = screen_visible(tui->screen);
    for (size_t i = 0; i < tui->desk_count; i++) {
        struct tui_desk *desk = &tui->desks[i];
        bool shown = !tui_is_several(tui) || tui->accounts.shown == SCREEN_ALL_ACCOUNTS ||
                     tui->accounts.shown == i;
        /* The top line has everybody's day. */
        resource_mask its = shown ? visible : visible & RESOURCE_BIT(RESOURCE_POSITIONS);
        if (its != desk->visible) {
            desk->visible = its;
            client_set_visible(desk->client, its);
        }
    }
}

/* The terminal shows what was announced before the frame. */
void tui_tell_painted(struct tui *tui)
{
    for (size_t i = 0; i < tui->desk_count; i++) {
        struct tui_desk *desk = &tui->desks[i];
        if (desk->unpainted != 0 || !desk->painted || tui->desk_count == 1) {
            client_painted(desk->client, desk->unpainted);
            desk->unpainted = 0;
            desk->painted = true;
        }
    }
}

void tui_look(struct tui *tui)
{
    for (size_t i = 0; i < tui->desk_count; i++) {
        client_look(tui->desks[i].client, loop_now(tui->loop).wall_ms);
    }
}

/* The panes that the server has answered. */
static resource_mask loaded_panes(const struct tui_desk *desk)
{
    resource_mask loaded = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(desk->client), (enum resource)i, &pane);
        loaded |= pane.shown != NULL && !pane.cached ? RESOURCE_BIT(i) : 0;
    }
    return loaded;
}

static bool has_news(struct tui_desk *desk)
{
    bool news = false;
    if (desk->loaded != RESOURCE_ALL) {
        resource_mask loaded = loaded_panes(desk);
        news = (loaded & ~desk->loaded) != 0;
        desk->loaded |= loaded;
    }
    uint64_t events = engine_counters(client_engine(desk->client))->events;
    news = news || events != desk->events_seen;
    desk->events_seen = events;
    return news;
}

bool tui_has_news(struct tui *tui)
{
    bool news = false;
    for (size_t i = 0; i < tui->desk_count; i++) {
        news = has_news(&tui->desks[i]) || news;
    }
    return news;
}
