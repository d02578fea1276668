#include "book.h"

#include <math.h>
#include <string.h>
#include <time.h>

int64_t book_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static double rounded(double price)
{
    double scale = price < 10 ? 1e5 : 1e2;
    return round(price * scale) / scale;
}

struct book_order *book_place(struct book *book, size_t symbol, double quantity)
{
    if (book->order_count == BOOK_ORDERS_MAX) {
        memmove(book->orders, book->orders + 1, (BOOK_ORDERS_MAX - 1) * sizeof *book->orders);
        book->order_count--;
    }
    struct book_order *order = &book->orders[book->order_count++];
    int64_t now_ms = book_now_ms();
    *order = (struct book_order){.id = book->next_id++,
                                 .symbol = symbol,
                                 .sells = quantity < 0,
                                 .quantity = fabs(quantity),
                                 .limit = rounded(book->symbols[symbol].last),
                                 .created_ms = now_ms,
                                 .updated_ms = now_ms};
    return order;
}

void book_fill(struct book *book, struct book_order *order, double quantity)
{
    struct book_symbol *symbol = &book->symbols[order->symbol];
    double signed_quantity = order->sells ? -quantity : quantity;
    order->filled += quantity;
    order->status = order->filled < order->quantity ? BOOK_PART : BOOK_FILLED;
    order->updated_ms = book_now_ms();
    symbol->quantity += signed_quantity;
    symbol->cost += signed_quantity * order->limit;
    book->cash -= signed_quantity * order->limit;
}

void book_cancel(struct book *book, struct book_order *order)
{
    (void)book;
    order->status = BOOK_CANCELLED;
    order->updated_ms = book_now_ms();
}

struct book_order *book_waiting(struct book *book)
{
    for (size_t i = book->order_count; i-- > 0;) {
        if (book->orders[i].status <= BOOK_PART) {
            return &book->orders[i];
        }
    }
    return NULL;
}

void book_move(struct book *book)
{
    for (size_t i = 0; i < book->symbol_count; i++) {
        book->seed = book->seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        double step = ((double)(book->seed >> 40) / (double)(1 << 24) - 0.5) / 500;
        book->symbols[i].last = rounded(book->symbols[i].last * (1 + step));
    }
}

double book_worth(const struct book *book)
{
    double worth = 0;
    for (size_t i = 0; i < book->symbol_count; i++) {
        worth += book->symbols[i].quantity * book->symbols[i].last;
    }
    return worth;
}

void book_init(struct book *book, const struct book_symbol *symbols, size_t count, long first_id)
{
    *book = (struct book){.symbol_count = count, .next_id = first_id, .cash = 25000, .seed = 7};
    memcpy(book->symbols, symbols, count * sizeof *symbols);
    for (size_t i = 0; i < count; i++) {
        book_fill(book, book_place(book, i, i % 2 == 0 ? 12 : -4), i % 2 == 0 ? 12 : 4);
    }
    book_cancel(book, book_place(book, 0, 3));
    book_place(book, 1, -2)->status = BOOK_REJECTED;
    book_fill(book, book_place(book, 0, 10), 4);
    book_place(book, 1, 5);
}
