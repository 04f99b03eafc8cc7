// What must hold in every clock of the flattened monitor, whatever the pins, the lock and the memory's words do.
// Appended to the module by tests/formal.rs. Lines that no guarantee names are there for the induction.

// What the properties remember. The arbiter shows a record one clock after it was admitted.
wire [47:0] fv_tick = {\timebase.high.q , \timebase.low.q };
wire [7:0] fv_takers = {\arbiter.edge_taken , \arbiter.end_taken , \arbiter.report_taken , \arbiter.ack_taken ,
    \arbiter.console_taken , \arbiter.envelope_taken , \arbiter.window_taken , \arbiter.link_test_taken };
wire [3:0] fv_kind = \arbiter.record [95:92];
wire fv_sends = \framer.send && \framer.ready ;
wire [8:0] fv_stored = \fifo.write_address.q - \fifo.read_address.q ;
wire fv_any_change = |\lines.changed_now ;
reg fv_admitted = 0, fv_any = 0;
reg [47:0] fv_last = 0, fv_before = 0;
reg [7:0] fv_took = 0;
reg [39:0] fv_said = 0;
reg fv_edge = 0, fv_ended = 0;
reg [8:0] fv_count = 0;
reg [31:0] fv_edges = 0, fv_edge_records = 0;
reg fv_begun = 0;
reg fv_good = 0, fv_set = 1, fv_flow = 0;
reg [9:0] fv_deglitch = 0;
reg [15:0] fv_console = 0;
reg [4:0] fv_envelope = 0;
reg [31:0] fv_window = 0;
reg [23:0] fv_threshold = 0;
reg [2:0] fv_sampling = 0;
reg [5:0] fv_sent = 0;
wire fv_edge_record = fv_admitted && (fv_kind == 4 || fv_kind == 5);
always @(posedge clock) begin
    fv_admitted <= \arbiter.admit ;
    fv_before <= fv_tick;
    fv_took <= fv_takers;
    fv_said <= \arbiter.report_taken ? {\reporter.kind , \reporter.data }
        : \arbiter.ack_taken ? {4'd7, \command.data }
        : \arbiter.console_taken ? {4'd8, \console.data }
        : \arbiter.envelope_taken ? {4'd9, \envelope.data }
        : \arbiter.window_taken ? {\window.kind , \window.data }
        : {4'd12, \link_test.data };
    fv_count <= \fifo.count.q ;
    fv_ended <= \arbiter.overrun.q && !\arbiter.overrun.d ;
    fv_any <= fv_any || fv_admitted;
    if (fv_admitted) fv_last <= \arbiter.record [47:0];
    fv_edge <= \lines.any_changed.q ;
    fv_edges <= fv_edges + fv_edge;
    fv_edge_records <= fv_edge_records + fv_edge_record;
    fv_begun <= fv_begun || \framer.read ;
    fv_good <= \command.ended.q && \command.whole.q ;
    fv_set <= \command.set_now.q ;
    fv_deglitch <= \settings.deglitch_kept.q ;
    fv_console <= \settings.console_kept.q ;
    fv_envelope <= \settings.envelope_kept.q ;
    fv_window <= {\settings.after_kept.q , \settings.before_kept.q };
    fv_threshold <= {\settings.rising_kept.q , \settings.falling_kept.q };
    fv_sampling <= \settings.sampling_kept.q ;
    fv_flow <= \settings.flow_kept.q ;
    fv_sent <= \framer.read ? 0 : fv_sent + fv_sends;
end

always @* begin
    // Until the tick's 48 bits wrap.
    assume (fv_tick != 48'hFFFF_FFFF_FFFF);
    assert (fv_before != 48'hFFFF_FFFF_FFFF);

    // Ticks of admitted records strictly increase.
    assert (!(fv_any && fv_admitted) || \arbiter.record [47:0] > fv_last);
    assert (!fv_any || fv_last < fv_before);
    assert (\arbiter.tick_kept.q == fv_before);
    assert (!(fv_any || fv_admitted) || fv_tick == fv_before + 48'd1);
    assert (\timebase.carry.q == (\timebase.low.q == 32'hFFFF_FFFF));
    assert (!\arbiter.admit || \timebase.running.q );
    assert (\timebase.running.q || !(fv_any_change || \lines.any_changed.q || \arbiter.overrun.q || fv_any || fv_admitted));
    assert (\timebase.running.q || !(\receiver.state.q || \receiver.done_now.q || \command.ended.q || \command.accepted.q || \command.set_now.q || \command.waiting.q ));
    assert (\timebase.running.q || !(\console.receiver.state.q || \console.receiver.done_now.q || \console.waiting.q ));
    assert (\timebase.running.q || !(\adc.phase_is_last.q || \envelope.instant_before.q || \envelope.ended_whole.q || \envelope.whole.q || \envelope.waiting.q ));
    assert (\timebase.running.q || !(\window.state.q || \window.ready.q || |\link_test.left.q || \link_test.offered.q ));

    // Every edge is a record or is counted as lost.
    assert (fv_edges + fv_edge == fv_edge_records + fv_edge_record + \arbiter.lost_count.q );

    // What a block is told was taken is the record; an overrun ends with its record and not otherwise.
    assert (fv_admitted == |fv_took && fv_admitted == \fifo.writing.q );
    assert (\arbiter.report_was_taken.q == fv_took[5]);
    assert (!(|fv_took[5:0]) || \arbiter.record [95:56] == fv_said);
    assert (\arbiter.admit == |fv_takers);
    assert ((fv_takers & (fv_takers - 8'd1)) == 0);
    assert (\turn.kept.q == !(\arbiter.edge_taken || \arbiter.end_taken ));
    assert (\turn.with_room.q == (\turn.kept.q && \timebase.running.q && \fifo.room_kept.q ));
    assert (\turn.and_half.q == (\turn.kept.q && \timebase.running.q && \fifo.half_kept.q ));
    assert (\turn.and_few.q == (\turn.kept.q && \timebase.running.q && \fifo.few_kept.q ));

    // What can wait never takes the room of edges.
    assert (!(\arbiter.ack_taken || \arbiter.console_taken ) || \fifo.count.q <= 128);
    assert (!(\arbiter.envelope_taken || \arbiter.window_taken || \arbiter.link_test_taken ) || \fifo.count.q <= 3);
    assert (\fifo.room_kept.q == (\fifo.count.q <= 254));
    assert (\fifo.half_kept.q == (\fifo.count.q <= 128));
    assert (\fifo.few_kept.q == (\fifo.count.q <= 3));

    // A command is never half applied: a register changes only in the clock after a whole one with a good check was decided on.
    assert (!\command.set_now.q || fv_good);
    assert (fv_set || (fv_deglitch == \settings.deglitch_kept.q && fv_console == \settings.console_kept.q && fv_envelope == \settings.envelope_kept.q
        && fv_window == {\settings.after_kept.q , \settings.before_kept.q } && fv_threshold == {\settings.rising_kept.q , \settings.falling_kept.q }
        && fv_sampling == \settings.sampling_kept.q && fv_flow == \settings.flow_kept.q ));
    assert (!fv_ended || (fv_admitted && fv_kind == 6));

    // The FIFO never holds more than its depth; only OVERRUN_BEGIN takes the last slot; outside an overrun one is free.
    assert (\fifo.count.q <= 256);
    assert (!fv_admitted || fv_count <= 254 || (fv_kind == 5 && fv_count == 255));
    assert (\arbiter.overrun.q || \fifo.count.q <= 255);

    // The count is what is stored; nothing is read that is not there, or that is written in the same clock.
    assert (\fifo.count.q == {1'b0, fv_stored} + \fifo.writing.q );
    assert (!\framer.read || \fifo.showing.q );
    assert (!\fifo.showing.q || fv_stored != 0);
    assert (!(\fifo.writing.q && \fifo.write_address.q [7:0] == \fifo.read_address.q [7:0]) || !\fifo.showing.d );

    // A frame has 19 bytes, of which the last and no other is zero, and the next record waits for its end.
    assert (!\framer.read || \framer.state.q == 0);
    assert (!fv_sends || (\framer.byte == 0) == (\framer.state.q == 4));
    assert (\framer.state.q <= 4);
    if (\framer.state.q == 0) assert (fv_sent == (fv_begun ? 19 : 0) && !fv_sends);
    if (\framer.state.q == 1 || \framer.state.q == 2) begin
        assert (fv_begun && fv_sent == \framer.bytes_done.q && \framer.bytes_done.q <= 16);
        assert (\framer.run.q >= 1 && \framer.run.q <= \framer.bytes_done.q + 1);
    end
    if (\framer.state.q == 3) assert (fv_begun && fv_sent == 17 && \framer.run.q >= 1 && \framer.run.q <= 18);
    if (\framer.state.q == 4) assert (fv_begun && fv_sent == 18);
end
