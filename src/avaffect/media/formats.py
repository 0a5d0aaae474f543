"""The container formats that are read, by FFmpeg's names; all others are refused.

A list of what is allowed, because FFmpeg also reads formats that are no recording but name other files or
addresses to open: playlists (hls, concat, dash), numbered pictures (image2), session descriptions (sdp).
Those, screen and microphone devices, and text that is drawn as pictures (tty, bin) are left out.
"""

from __future__ import annotations

_VIDEO = """
    3g2 3gp 4xm amv apng asf asf_o av1 avi avs avs2 avs3 bink c93 cavsvideo cdxl cine dhav dirac dnxhd dv dxa
    evc film_cpk flic flv gdv gif gxf h261 h263 h264 hevc ifv ipu ivf ivr kux live_flv lmlm4 lxf m4v matroska
    matroska,webm mjpeg mjpeg_2000 mlv mov mp4 moflex mpeg mpegts mpegtsraw mpegvideo mtv mv mxf mxg nsv nut
    nuv obu ogg pmp pva r3d rawvideo rm roq rpl ser siff smjpeg smk swf thp ty usm vc1 vc1test vivo vvc
    wc3movie webm wtv xmv yuv4mpegpipe
"""
_SOUND = """
    aa aac aax ac3 ac4 act adx aea aiff alaw amr amrnb amrwb apc ape aptx aptx_hd ast au binka bonk caf codec2
    daud dfpwm dsf dss dts dtshd eac3 epaf f32be f32le f64be f64le flac g722 g723_1 g726 g726le g728 g729 gsm
    hca iff ilbc ircam lc3 loas mca mlp mmf mp3 mpc mpc8 mtaf mulaw nistsphere oma osq paf pvf qcp qoa rka rso
    s16be s16le s24be s24le s32be s32le s337m s8 sbc sds shn sln sol sox spdif svs tak truehd tta u16be u16le
    u24be u24le u32be u32le u8 vag voc vqf w64 wady wav wavarc wsd wv wve xa xwma
"""
_PICTURES = """
    bmp_pipe dds_pipe dpx_pipe exr_pipe fits gem_pipe gif_pipe hdr_pipe j2k_pipe jpeg_pipe jpegls_pipe
    jpegxl_anim jpegxl_pipe jpegxs_pipe pam_pipe pbm_pipe pcx_pipe pfm_pipe pgm_pipe pgmyuv_pipe phm_pipe
    pictor_pipe png_pipe ppm_pipe psd_pipe qdraw_pipe qoi_pipe sgi_pipe sunrast_pipe tiff_pipe webp_pipe
    xbm_pipe xpm_pipe xwd_pipe
"""

FORMATS = ",".join(f"{_VIDEO} {_SOUND} {_PICTURES}".split())
"""Names of the formats, with commas between, as FFmpeg's ``format_whitelist`` takes them."""
